// The seam between akin and the library that computes nets: a few C functions.
#pragma once

#include "akin/nn/engine.h"

namespace akin::nn {

/// What both sides were built from; they must agree, since C++ objects cross the seam.
inline constexpr int kEngineInterface = 6;
inline constexpr const char* kEngineLibrary = "libakin_nn_torch.so";

using EngineInterfaceFunction = int();
using MakeEngineFunction = Engine*(const NetSpec* spec, const EngineOptions* options);
using WriteKerasFunction = void(std::string* content, const NetSpec* spec,
                                const std::vector<NamedArray>* weights);
using ReadKerasFunction = void(const std::string* path, std::vector<NamedArray>* weights);

}  // namespace akin::nn

// Defined by the library; they throw akin::Error.
extern "C" {
#define AKIN_NN_EXPORT __attribute__((visibility("default")))
AKIN_NN_EXPORT int akin_nn_interface();
AKIN_NN_EXPORT akin::nn::Engine* akin_nn_make_engine(const akin::nn::NetSpec* spec,
                                                     const akin::nn::EngineOptions* options);
/// Makes the content of the file.
AKIN_NN_EXPORT void akin_nn_write_keras(std::string* content, const akin::nn::NetSpec* spec,
                                        const std::vector<akin::nn::NamedArray>* weights);
AKIN_NN_EXPORT void akin_nn_read_keras(const std::string* path, std::vector<akin::nn::NamedArray>* weights);
}
