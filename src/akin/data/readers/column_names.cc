#include "akin/data/readers/column_names.h"

#include <algorithm>
#include <vector>

#include "akin/base/error.h"
#include "akin/base/text.h"

namespace akin {
namespace {

/// The usual names of a role, normalized, the surest first.
struct Role {
  std::string_view role;
  std::string_view names;
};
constexpr Role kRoles[] = {
    {"user",
     "userid user customerid customer reviewerid visitorid memberid accountid clientid profileid uid "
     "userno username reviewer customerno customerkey custid customeruniqueid userkey useridx userhash "
     "usernumber usercode buyerid shopperid consumerid subscriberid householdkey householdid viewerid "
     "listenerid readerid playerid steamid personid studentid learnerid guestid visitor member buyer "
     "client account player reviewuserid reviewername reviewprofilename profilename"},
    {"session", "sessionid session sid sessionkey"},
    {"item",
     "itemid item movieid productid product asin stockcode sku articleid bookid isbn songid trackid "
     "gameid goodsid parentasin iid productcode productno productkey skuid itemno itemidx itemnumber "
     "itemcode itemnbr offerid animeid albumid videoid filmid showid seriesid contentid newsid postid "
     "adid creativeid businessid recipeid restaurantid placeid venueid poiid locationid hotelid "
     "listingid propertyid beerid beerbeerid wineid jokeid appid bggid courseid exerciseid problemid "
     "jobid couponid dealid dishid menuid podcastid programid styleid wareid workid isbn13 "
     "productproductid aid artistid movie film anime song track artist book game article video "
     "business"},
    {"value",
     "rating score stars overall value quantity qty playcount bookrating weight ratings userrating "
     "myrating starrating reviewrating reviewscore reviewoverall userscore ratingscore grade count cnt "
     "plays numplays nplays timesplayed totalplays listens listencount scrobbles hours hoursplayed "
     "playtime playtimeforever feedback preference pref frequency freq watchratio strength "
     "eventstrength units unitssold quantityordered orderqty"},
    {"time",
     "timestamp time datetime date unixreviewtime invoicedate eventtime orderdate createdat eventdate "
     "purchasedate ts unixtimestamp unixtime reviewtime reviewdate tdat transactiondate "
     "transactiontime ordertime orderpurchasetimestamp createdtime createtime createddate "
     "eventtimestamp eventts clicktime actiontime behaviortime purchasetime purchasedat ratedat "
     "ratingdate ratingtime ratingtimestamp viewedat watchedat playedat listenedat addedat dateadded "
     "visittime checkintime utctime utctimestamp epoch tstamp updatedat"},
    {"kind",
     "event eventtype kind action behavior behaviortype behaviour eventname actiontype interactiontype "
     "activitytype feedbacktype behaviourtype"},
    {"text", "reviewtext text reviewbody review reviewcontent comment"},
    {"summary", "summary reviewtitle reviewsummary headline"},
    {"title",
     "title name productname itemname movietitle producttitle productdisplayname booktitle moviename "
     "animetitle songname trackname artistname gamename"},
    {"brand", "brand manufacturer brandname"},
    {"category",
     "category categories genres genre categoryid categorycode class productcategory maincategory "
     "categoryname"},
    {"price", "price unitprice"},
    {"description", "description desc productdescription"},
    {"image", "image imageurl imurl imgurl imagepath"},
    {"tags", "tags"},
};

struct RoleNames {
  std::string_view role;
  std::vector<std::string_view> names;
};
const std::vector<RoleNames>& roles() {
  static const std::vector<RoleNames> all = [] {
    std::vector<RoleNames> result;
    for (const Role& role : kRoles) result.push_back({role.role, split(role.names, ' ')});
    return result;
  }();
  return all;
}

bool has(const RoleNames& role, std::string_view name) {
  return std::ranges::find(role.names, name) != role.names.end();
}

}  // namespace

std::string normalized_name(std::string_view name) {
  std::string result;
  for (const char c : name) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) result += c;
    if (c >= 'A' && c <= 'Z') result += static_cast<char>(c | 0x20);
    if (static_cast<unsigned char>(c) >= 0x80) result += c;  // names in any script
  }
  return result;
}

std::span<const std::string_view> usual_names(std::string_view role) {
  const auto found = std::ranges::find(roles(), role, &RoleNames::role);
  AKIN_ASSERT(found != roles().end());
  return found->names;
}

bool is_usual_name(std::string_view name) {
  return std::ranges::any_of(roles(), [&](const RoleNames& role) { return has(role, name); });
}

std::string_view attribute_role(std::string_view header_name) {
  const std::string name = normalized_name(header_name);
  for (auto role = std::ranges::find(roles(), "title", &RoleNames::role); role != roles().end(); ++role) {
    if (has(*role, name)) return role->role;
  }
  return "";
}

}  // namespace akin
