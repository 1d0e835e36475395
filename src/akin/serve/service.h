// Answers to "what next for this user" and "what is like this item". Knows no files, no flags, no HTTP.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "akin/data/item_content.h"
#include "akin/store/bundle.h"

namespace akin {

/// Keep only items whose attribute `name` equals `value`; for category, any level of the path may equal it.
/// Letter case does not matter.
struct AttributeFilter {
  std::string name;
  std::string value;
};

/// "category=Toys" each. Throws Error(kUsage).
std::vector<AttributeFilter> parse_filters(const std::vector<std::string>& texts);

struct RecommendRequest {
  std::optional<std::string> user = {};  ///< an id of the bundle
  /// Item ids, oldest first; alone: a new user; with user: appended to theirs.
  std::vector<std::string> history = {};
  std::size_t k = 10;
  bool include_seen = false;  ///< items of the history may be recommended again
  std::vector<AttributeFilter> filters = {};
  std::vector<std::string> exclude = {};  ///< item ids never to show
};

/// A ranked list with what the caller should know about it.
struct Recommendations {
  std::vector<Scored> items;  ///< best first; fewer than k only if no more items pass the filters
  bool fallback = false;      ///< the model knows nothing of this user: the list is by popularity
};

/// A recommended item, and which of the user's items made the model recommend it.
struct Explained {
  Scored item;
  Explanation why;
};

/// Serves one bundle. Const calls are safe from many threads. Filters are applied before the top k, so
/// exactly k items come back while enough epoch them.
class Service {
 public:
  explicit Service(Bundle bundle);
  /// Throws Error(kNotFound) for an unknown user, item or attribute, with the nearest names.
  Recommendations recommend(const RecommendRequest& request) const;
  /// As above for a user by index (request.user and request.history are ignored) with the mask of
  /// allowed_items(request): what batch recommendation calls, the mask made once.
  Recommendations recommend(idx_t user, const std::vector<char>& allowed,
                            const RecommendRequest& request) const;
  /// allowed[item] = 1 for the items that pass the request's filters and exclusions.
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
  /// The user's recommendations, or `item` alone if it is given, with their reasons. Throws as recommend(),
  /// Error(kUsage) if the model cannot explain (see Traits::explains), Error(kNotFound) if it knows nothing
  /// of the user.
  std::vector<Explained> explain(const RecommendRequest& request,
                                 const std::optional<std::string>& item) const;
  const Bundle& bundle() const { return bundle_; }

 private:
  /// The request's user and history as a query; the vectors hold what the query points to.
  Query make_query(const RecommendRequest& request, std::vector<idx_t>& items,
                   std::vector<float>& values) const;
  /// What is known of a user as a query; the vectors hold what the query points to.
  Query known_query(idx_t user, std::vector<idx_t>& items, std::vector<float>& values) const;
  /// The first k of a list that pass the filters.
  std::vector<Scored> filtered(std::vector<Scored> ranked, std::size_t k,
                               const std::vector<AttributeFilter>& filters) const;
  const Model& encoding_model(const std::string& part) const;
  Recommendations rank(const Query& query, const std::vector<char>& allowed,
                       const RecommendRequest& request) const;

  Bundle bundle_;
  std::vector<std::uint64_t> offsets_;  // of data set.events, by user
  std::vector<float> popularity_;       // training events per item
  /// By item: it has training events, a vector, or content that places it. The others come below all of these.
  std::vector<char> placed_;
};

}  // namespace akin
