// What an ImageNet runs: a convolutional net (conv_body.h) or a vision transformer (vit_net.h).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "akin/nets/image/image_net.h"
#include "akin/nets/image/map_view.h"

namespace akin::nets {

/// Immutable; const calls are safe from many threads.
class ImageBody {
 public:
  /// Memory of one thread, reused from call to call.
  class Workspace {
   public:
    virtual ~Workspace() = default;
  };
  virtual ~ImageBody() = default;

  /// Such as "vgg16".
  virtual const std::string& name() const = 0;
  /// Name and library or size, as the beginning of a line.
  virtual std::string summary() const = 0;
  /// From the picture on, in the order in which they run.
  virtual const std::vector<NetLayer>& layers() const = 0;
  /// The last layer before the head.
  virtual std::size_t features() const = 0;
  /// The layers that are convolutions.
  virtual std::vector<std::size_t> convolutions() const = 0;
  /// Of the head; 0 = none.
  virtual std::size_t classes() const = 0;
  /// Numbers that were learned.
  virtual std::size_t parameters() const = 0;

  /// Of a call of run().
  virtual std::size_t most_pictures() const = 0;
  virtual std::unique_ptr<Workspace> workspace() const = 0;
  /// The most that a workspace takes.
  virtual std::size_t workspace_bytes() const = 0;
  using Fill = std::function<void(std::size_t i, const MapView& input)>;
  using Take = std::function<void(std::size_t i, const MapView& output)>;
  /// Runs the layers up to `last`, which is not the picture, on `count` pictures: `fill` writes picture i into the input,
  /// `take` sees its output, which is not kept.
  virtual void run(std::size_t count, std::size_t last, Workspace& workspace, const Fill& fill,
                   const Take& take) const = 0;

  /// Stores the metadata PREFIX.network, a JSON object with `architecture` = name(), and the weights. It outlives the writer.
  virtual void save(TensorWriter& writer, const std::string& prefix) const = 0;
};

}  // namespace akin::nets
