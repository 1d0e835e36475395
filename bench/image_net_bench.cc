// Times a net of pictures: image_net_bench WEIGHTS PIXELS COUNT float32|bf16 THREADS FEATURES
//
// PIXELS holds COUNT pictures of the net's size, (height, width, RGB) bytes each. Writes the mean-pooled features of the last
// layer as float32, and prints the wall clock and the processor time of a run in seconds, without that of the first, shorter one.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <span>

#include "akin/base/error.h"
#include "akin/nets/image/import.h"

int main(int argc, char** argv) {
  using namespace akin;
  if (argc != 7) return 2;
  const std::string saved = std::string(argv[6]) + ".enc";
  nets::save_image_net(nets::import_image_net(argv[1]), saved);
  const nets::ImageNet net = nets::load_image_net(saved, nets::parse_net_precision(argv[4]));
  std::ifstream file(argv[2], std::ios::binary);
  std::vector<Picture> pictures(static_cast<std::size_t>(std::atoi(argv[3])));
  for (Picture& picture : pictures) {
    picture = Picture(net.input_size(), net.input_size());
    file.read(reinterpret_cast<char*>(picture.rgb.data()), static_cast<std::streamsize>(picture.rgb.size()));
  }
  Context context;
  context.threads = std::atoi(argv[5]);
  const std::size_t layer = net.find_layer("");
  net.features(std::span(pictures).first(1), layer, nets::Pooling::kAverage, context);
  const auto begin = std::chrono::steady_clock::now();
  const std::clock_t clock = std::clock();
  const Matrix features = net.features(pictures, layer, nets::Pooling::kAverage, context);
  const double cpu = static_cast<double>(std::clock() - clock) / CLOCKS_PER_SEC;
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  fmt::print("{} {}\n", wall, cpu);
  std::ofstream out(argv[6], std::ios::binary);
  for (std::size_t r = 0; r < features.rows(); ++r)
    out.write(reinterpret_cast<const char*>(features.row(r)),
              static_cast<std::streamsize>(features.cols() * sizeof(float)));
  return 0;
}
