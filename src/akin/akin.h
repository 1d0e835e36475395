// akin: vectors for products and users from what a data set knows about them, and recommendations with them.
// The one header of library users; docs/library.md explains it, examples/cpp/ has whole programs.
//
//   akin::Dataset data = akin::import_dataset("csv", {.files = {"events.csv"}});
//   akin::TrainResult trained = akin::train(std::move(data), akin::AlsConfig{.factors = 32});
//   std::cout << akin::evaluate_bundle(trained.bundle).evaluation.value("NDCG@10");
//   const akin::Service service(std::move(trained.bundle));
//   const akin::Recommendations answer = service.recommend({.user = "42"});
//
// Errors are akin::Error. What takes long takes a Context: seed, threads, progress, remarks, a wish to stop.
#pragma once

#include "akin/base/context.h"                // IWYU pragma: export
#include "akin/base/error.h"                  // IWYU pragma: export
#include "akin/catalog/registry.h"            // IWYU pragma: export
#include "akin/configs.h"                     // IWYU pragma: export
#include "akin/data/dataset.h"                // IWYU pragma: export
#include "akin/data/readers/readers.h"        // IWYU pragma: export
#include "akin/experiment/compare.h"          // IWYU pragma: export
#include "akin/experiment/forget.h"           // IWYU pragma: export
#include "akin/experiment/predict.h"          // IWYU pragma: export
#include "akin/experiment/text_experiment.h"  // IWYU pragma: export
#include "akin/experiment/train.h"            // IWYU pragma: export
#include "akin/experiment/tune.h"             // IWYU pragma: export
#include "akin/experiment/update.h"           // IWYU pragma: export
#include "akin/nets/net_train.h"              // IWYU pragma: export
#include "akin/serve/service.h"               // IWYU pragma: export
#include "akin/store/bundle.h"                // IWYU pragma: export
#include "akin/store/embeddings_file.h"       // IWYU pragma: export
