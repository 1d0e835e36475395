// A neural net defined in C++: exclusive or by one hidden layer, saved and loaded again.
#include <akin/akin.h>

#include <exception>
#include <iostream>

namespace {

void run() {
  akin::nn::NetSpec spec("xor");
  spec.input({2}, "bits").dense(8, akin::nn::Activation::kTanh).dense(1, akin::nn::Activation::kSigmoid);
  std::cout << spec.summary();

  akin::nn::CompileOptions how;
  how.optimizer = akin::nn::make_optimizer("adam");
  how.optimizer.learning_rate = 0.05;
  how.loss = akin::nn::Loss::kBinaryCrossentropy;
  how.metrics = {akin::nn::Metric::kAccuracy};
  akin::nn::Net net = akin::nn::make_net(std::move(spec), {.seed = 7});
  net.compile(how);

  const akin::nn::Batch samples{{akin::nn::make_array({4, 2}, {0, 0, 0, 1, 1, 0, 1, 1})},
                                akin::nn::make_array({4, 1}, {0, 1, 1, 0})};
  const akin::nets::History history =
      akin::nets::fit(net, samples, {.epochs = 300, .batch_size = 4}, {.threads = 1});
  std::cout << "loss " << history.of("loss").front() << " -> " << history.of("loss").back() << "\n";
  std::cout << "accuracy " << net.evaluate(samples).at("accuracy") << "\n";

  net.save("xor.net");
  akin::nn::Net loaded = akin::nn::load_net("xor.net");
  for (const float probability : loaded.predict(samples.inputs).floats()) std::cout << probability << " ";
  std::cout << "\n";
}

}  // namespace

int main() {
  try {
    run();
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
