// Samples of each kind of source.
#pragma once

#include "akin/nets/net_data.h"

namespace akin::nets {

struct SampleRequest {
  const nn::NetSpec& spec;
  const NetDataSettings& settings;
  const NetSource& source;
  NetIds& ids;
  Targets targets;
};

/// One sample a row.
NetSamples table_samples(const SampleRequest& request);
/// One sample an event: indices of its user and item, its value. `held` becomes true for each event of a test
/// part that came with the data set.
NetSamples rating_samples(const SampleRequest& request, std::vector<bool>& held);
/// One sample a document: the indices of its words, cut or filled with 0 at the end to the input's length.
NetSamples text_samples(const SampleRequest& request);
/// Sample s is row s of each of the folder's arrays, such as frames of sound or readings of a sensor: (samples, steps, width).
NetSamples npy_samples(const SampleRequest& request);

}  // namespace akin::nets
