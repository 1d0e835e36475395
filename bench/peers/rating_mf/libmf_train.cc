// Trains LIBMF on ratings in memory and says how long mf_train took and how good the model is.
// Usage: libmf_train TRAIN TEST factors threads lambda eta epochs...
//   (files of int32 user, int32 item, float32 rating)
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "mf.h"

namespace {

std::vector<mf::mf_node> read_nodes(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  std::vector<mf::mf_node> nodes(static_cast<std::size_t>(file.tellg()) / sizeof(mf::mf_node));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(nodes.data()),
            static_cast<std::streamsize>(nodes.size() * sizeof(mf::mf_node)));
  return nodes;
}

mf::mf_problem problem(std::vector<mf::mf_node>& nodes) {
  mf::mf_problem result{0, 0, static_cast<mf::mf_long>(nodes.size()), nodes.data()};
  for (const mf::mf_node& node : nodes) {
    result.m = std::max(result.m, node.u + 1);
    result.n = std::max(result.n, node.v + 1);
  }
  return result;
}

double processor_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec) + static_cast<double>(usage.ru_utime.tv_usec) * 1e-6;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 8) return 2;
  std::vector<mf::mf_node> train = read_nodes(argv[1]), test = read_nodes(argv[2]);
  mf::mf_problem training = problem(train), testing = problem(test);
  mf::mf_parameter parameter = mf::mf_get_default_param();
  parameter.k = std::atoi(argv[3]);
  parameter.nr_threads = std::atoi(argv[4]);
  parameter.lambda_p2 = parameter.lambda_q2 = static_cast<float>(std::atof(argv[5]));
  parameter.eta = static_cast<float>(std::atof(argv[6]));
  parameter.quiet = true;
  parameter.copy_data = true;
  if (parameter.nr_threads > 1) parameter.nr_bins = 20;
  for (int a = 7; a < argc; ++a) {
    parameter.nr_iters = std::atoi(argv[a]);
    const auto start = std::chrono::steady_clock::now();
    const double used = processor_seconds();
    mf::mf_model* model = mf::mf_train(&training, parameter);
    const double cpu = processor_seconds() - used;
    const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf("{\"epochs\": %d, \"wall\": %.4f, \"user\": %.4f, \"rmse\": %.5f}\n", parameter.nr_iters,
                wall, cpu, mf::calc_rmse(&testing, model));
    mf::mf_destroy_model(&model);
  }
}
