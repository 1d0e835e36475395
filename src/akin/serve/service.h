// Answers to "what next for this user" and "what is like this item". Knows no files, no flags, no HTTP.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "akin/data/item_content.h"
#include "akin/fusion/source_share.h"
#include "akin/serve/item_filter.h"
#include "akin/store/bundle.h"

namespace akin {

class QueryHistory;  // models/query_history.h

struct RecommendRequest {
  std::optional<std::string> user = {};  ///< an id of the bundle; one that it does not know is a new user
  /// Item ids, oldest first; alone: a new user; with user: appended to theirs.
  std::vector<std::string> history = {};
  /// Times of `history`, as long or empty (not known), in microseconds since 1970.
  std::vector<std::int64_t> history_times = {};
  /// Of the events of `history`, to models that read attributes of events: a name, and one value for all or as many as
  /// there are items, "" = not known.
  std::vector<std::pair<std::string, std::vector<std::string>>> history_attributes = {};
  std::int64_t now = kNoTime;  ///< when the answer is for, to models that look at times
  std::size_t k = 10;
  bool include_seen = false;  ///< what the user has may be recommended again
  /// Only items of the user's events of these kinds are taken for what the user has; none = of all kinds. Items of
  /// `history` always are.
  std::vector<EventKind> mask_kinds = {};
  std::vector<AttributeFilter> filters = {};
  std::vector<GroupLimit> at_most = {};   ///< the best list in order of score that keeps to these limits
  std::vector<std::string> exclude = {};  ///< item ids never to show
  bool strict = false;                    ///< unknown ids are an error
};

/// Ids of a request that mean nothing to the bundle.
struct UnknownIds {
  bool user = false;
  std::vector<std::string> history;   ///< unknown items, and items without events to a model of events
  std::vector<std::string> excluded;  ///< unknown items
  /// "device=watch": values of attributes of events that the model has not met, each once.
  std::vector<std::string> attributes;
  bool any() const { return user || !history.empty() || !excluded.empty() || !attributes.empty(); }
};

/// A ranked list with what the caller should know about it.
struct Recommendations {
  std::vector<Scored> items;  ///< best first; fewer than k only if no more items pass the filters and limits
  bool fallback = false;      ///< the model knows nothing of this user: the list is by popularity
  UnknownIds unknown = {};    ///< left out of the request
};

/// What a word or attribute of an item adds to its score.
struct WordCause {
  std::string word;
  float adds = 0;
};
/// A recommended item, and which of the user's items made the model recommend it.
struct Explained {
  Scored item;
  Explanation why;
  /// Of a regression on content, the same score as a sum over the item's words: `without_words` and these, largest size
  /// first.
  std::vector<WordCause> words = {};
  float without_words = 0;
  std::vector<SourceShare> sources = {};  ///< of a fused model: the same score as a sum over its sources
};

/// Serves one bundle. Const calls are safe from many threads. Filters are applied before the top k, so
/// exactly k items come back while enough pass them. Of 10,000 items and more with vectors of 32 numbers and more, the
/// second question makes a copy of the vectors in 8 bits (QuantizedRows): answers are the same, and sooner.
class Service {
 public:
  explicit Service(Bundle bundle);
  Service(Service&&) noexcept;
  Service& operator=(Service&&) noexcept;
  ~Service();
  /// What a user has, and is left out, are the items of all events that the bundle knows of, the held-out ones among
  /// them, and of the request's history. A user that the bundle does not know is one without events, and unknown
  /// items of the history are left out, unless the request is strict. Throws Error(kNotFound), with the nearest
  /// names, for unknown attributes and kinds of events, and where the request is strict for unknown ids.
  Recommendations recommend(const RecommendRequest& request) const;
  /// As above for a user by index, nullopt = one that is unknown (request.user and request.history are ignored),
  /// with the mask of allowed_items(request): what batch recommendation calls, the mask made once.
  Recommendations recommend(std::optional<idx_t> user, const std::vector<char>& allowed,
                            const RecommendRequest& request) const;
  /// Which ids of the request are unknown. Throws Error(kNotFound) for the first where the request is strict.
  UnknownIds unknown_ids(const RecommendRequest& request) const;
  /// allowed[item] = 1 for the items that pass the request's filters and exclusions. Throws as recommend().
  std::vector<char> allowed_items(const RecommendRequest& request) const;
  /// By the model, or by a part of the bundle. Throws Error(kNotFound); Error(kUsage) if the model has no notion
  /// of similar items.
  std::vector<Scored> similar(const std::string& item, std::size_t k,
                              const std::vector<AttributeFilter>& filters,
                              const std::string& part = "") const;
  /// The items most like a user: by the cosine of vectors where the model has them, else by its scores. Items
  /// the user has are among them. Throws Error(kNotFound) for an unknown user, or one the model knows nothing of.
  std::vector<Scored> similar_to_user(const std::string& user, std::size_t k,
                                      const std::vector<AttributeFilter>& filters) const;
  /// The items most like each of `items`, which need not have been seen before (Model::similar_to()), by a part of
  /// the bundle; "" = the model's own encoder, else that of the only part. Throws as part_of().
  std::vector<std::vector<Scored>> similar_to(const ItemContent& items, std::size_t k,
                                              const std::vector<AttributeFilter>& filters,
                                              const std::string& part = "") const;
  /// The same for a text, which stands for the first field that the encoder looks at.
  std::vector<Scored> similar_to_text(const std::string& text, std::size_t k,
                                      const std::vector<AttributeFilter>& filters,
                                      const std::string& part = "") const;
  /// The same for a picture: by the model's own encoder if it reads pictures, else by the only part that does. `path` is
  /// a file, or one in an archive (PictureReader). Throws Error(kUsage) if there is no such encoder, or several and no
  /// `part`, Error(kIo) or Error(kBadData) if the picture cannot be read.
  std::vector<Scored> similar_to_picture(const std::string& path, std::size_t k,
                                         const std::vector<AttributeFilter>& filters,
                                         const std::string& part = "") const;
  /// The user's recommendations, or `item` alone if it is given, with their reasons. Throws as recommend(),
  /// Error(kUsage) if the model cannot explain (see Traits::explains), Error(kNotFound) if it knows nothing
  /// of the user.
  std::vector<Explained> explain(const RecommendRequest& request,
                                 const std::optional<std::string>& item) const;
  const Bundle& bundle() const { return bundle_; }

 private:
  struct Asked;  // who asks, with what history
  Asked ask(const RecommendRequest& request) const;
  /// What is known of a user, nullopt = nothing.
  Asked ask(std::optional<idx_t> user, const RecommendRequest& request) const;
  /// The same, and history_contexts().
  UnknownIds unknown_ids(const RecommendRequest& request, std::vector<std::uint16_t>& contexts) const;
  bool uses(idx_t item) const { return item < bundle_.model->n_items(); }
  /// Event::context of each item of the request's history, empty = nothing is known; adds values that are unknown to
  /// `unknown`, or throws where the request is strict.
  std::vector<std::uint16_t> history_contexts(const RecommendRequest& request, UnknownIds& unknown) const;
  /// What is known of a user.
  QueryHistory known_history(idx_t user) const;
  /// How many of a ranking to ask for, so that k are left of it.
  std::size_t most(std::size_t k, const std::vector<AttributeFilter>& filters) const;
  /// The first k of a list that pass the filters.
  std::vector<Scored> filtered(std::vector<Scored> ranked, std::size_t k,
                               const std::vector<AttributeFilter>& filters) const;
  const Model& encoding_model(const std::string& part) const;
  /// The same among the encoders that read pictures, or those that do not.
  const Model& encoding_model(const std::string& part, bool pictures) const;
  Recommendations rank(const Asked& asked, const std::vector<char>& allowed,
                       const RecommendRequest& request) const;
  /// The same list by quantized vectors; empty where these do not give all of it.
  std::vector<Scored> quick_list(const Asked& asked, const std::vector<char>& allowed,
                                 const RecommendRequest& request) const;
  void check_kinds(const std::vector<EventKind>& kinds) const;

  Bundle bundle_;
  std::vector<std::uint64_t> offsets_;                   // of data set.events, by user
  std::vector<std::uint64_t> test_offsets_;              // of test, by user
  std::vector<float> popularity_;                        // training events per item
  std::array<bool, kEventKindNames.size()> kinds_ = {};  // there are events of this kind
  /// By item: it has training events, a vector, or content that places it. The others come below all of these.
  std::vector<char> placed_;
  struct Quick;                   // the item vectors in 8 bits
  std::unique_ptr<Quick> quick_;  // nullptr: too few items, or scores that are no dot products
};

}  // namespace akin
