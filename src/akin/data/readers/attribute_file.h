// Files that describe items or users: one a line.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "akin/data/readers/id_column.h"
#include "akin/data/readers/layout.h"
#include "akin/data/readers/text_decode.h"

namespace akin {

/// Whose attributes a file holds.
enum class Owner { kItem, kUser };

/// Sets attributes of records, whose owner's id stands in one column. Rejected: records without an id, with
/// too few or too many fields, and the second and later records of an id. Blanks around a text go; an empty
/// text is not an attribute; a list as of JSON or Python is joined by '|'. Ids are cleaned as those of events.
class AttributeReader {
 public:
  AttributeReader(Owner owner, Encoding encoding, DatasetBuilder& builder, ImportReport& report,
                  IdRules rules = {})
      : owner_(owner),
        builder_(builder),
        report_(report),
        decode_(encoding),
        ids_(owner == Owner::kItem ? "item" : "user", rules),
        can_clean_(rules.offered),
        with_events_(static_cast<idx_t>(owners().size())) {}

  /// False if the record is rejected (no id, or one described before); sets nothing.
  bool begin(std::string_view id, const RecordReader& record);
  /// An attribute of the record begun.
  void set(std::string_view name, std::string_view raw_text);
  /// The text as clean UTF-8, for attributes that are put together first; valid until the next call.
  std::string_view decode(std::string_view raw_text) { return decode_(raw_text); }
  /// Puts what was repaired into the report's notes; with a `path`, items that fit the events badly too.
  void finish(const std::string& path = "");
  /// How well the ids fit those of the events read before, where that is doubtful; else nothing.
  std::vector<std::string> join_doubts() const;
  /// What is odd about the ids.
  std::vector<std::string> id_doubts() const { return ids_.doubts(described_); }
  bool html_entities = false;  ///< decode &amp; and the like

 private:
  const IdMap& owners() const { return owner_ == Owner::kItem ? builder_.items() : builder_.users(); }

  Owner owner_;
  DatasetBuilder& builder_;
  ImportReport& report_;
  TextDecoder decode_;
  IdColumn ids_;
  bool can_clean_ = false;
  idx_t with_events_ = 0;  // ids that were there when the table began
  IdMap described_;
  std::string id_;
  std::string html_;
};

/// How a table of attributes is read.
struct AttributeTableRequest {
  std::string path;
  Owner owner = Owner::kItem;
  Encoding encoding = Encoding::kAuto;
  LayoutHints hints = {};
  std::string id_column = "";  ///< "" = by the usual names, else the first
  /// Names of the columns of a file without header; "id" is the owner's id.
  std::vector<std::string> columns = {};
  bool html_entities = false;
  IdRules ids = {};
};

/// Reads a table: columns with a usual name become that attribute (title, brand, ...), others keep their own
/// name. Throws Error(kUsage) for an unknown id column.
void read_attribute_table(const AttributeTableRequest& request, DatasetBuilder& builder, ImportReport& report,
                          const Context& context);

}  // namespace akin
