// Parts of data sets on disk.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "akin/data/dataset.h"

namespace akin {

class TensorReader;  // base/safetensors.h
class TensorWriter;

/// The parts, for files that hold a data set among other things. Written vectors must outlive the writer.
/// Of data that ranks divide, the events of all; collective, as TensorWriter::write() then is.
void write_dataset(TensorWriter& writer, const Dataset& data, const Communicator& ranks = alone());
Dataset read_dataset(const TensorReader& reader, const Communicator& ranks = alone());
/// Collective, of data that the ranks divide; the first one writes. Throws Error(kIo).
void save_dataset(const Dataset& data, const std::string& path, const Communicator& ranks);
/// What events may name: all less than these.
struct EventBounds {
  std::size_t users = 0, items = 0;
  std::uint64_t contexts = 1;  ///< n_contexts()
};
EventBounds event_bounds(const Dataset& data);
/// Events as the columns name.user, name.item, name.value, name.kind, name.part, name.time and, where there are any,
/// name.context (of data that ranks divide, there are none).
/// Those of all ranks, in their order; they must outlive the writer. Collective.
void write_events(TensorWriter& writer, const std::string& name, std::span<const Event> events,
                  const Communicator& ranks = alone());
/// Throws Error(kBadData) on unknown users, items, kinds or contexts, impossible times, or if the events are not sorted
/// by user and time.
std::vector<Event> read_events(const TensorReader& reader, const std::string& name,
                               const EventBounds& bounds);

}  // namespace akin
