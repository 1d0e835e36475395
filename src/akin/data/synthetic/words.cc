#include "akin/data/synthetic/words.h"

#include <algorithm>

#include "akin/base/error.h"

namespace akin::synthetic {
namespace {

struct LeafText {
  std::string_view path, nouns, sizes, words;
  float price;
};

// Three leaves in a row form a group: whoever buys from one of them next often buys from the following one.
constexpr LeafText kLeaves[] = {
    {"Home|Kitchen|Kettles", "kettle,pour-over kettle,whistling kettle", "1 l,1.2 l,1.7 l",
     "boil,spout,steam,lid,handle,stove", 39},
    {"Home|Kitchen|Teapots", "teapot,teapot with strainer,tea set", "0.6 l,0.9 l,1.4 l",
     "infuser,leaves,brew,pouring,oolong,strainer", 29},
    {"Home|Kitchen|Mugs", "mug,espresso cup,travel mug", "set of 2,set of 4,350 ml",
     "coffee,sip,dishwasher,rim,ceramic,glaze", 17},
    {"Home|Living|Table Lamps", "table lamp,reading lamp,bedside lamp", "30 cm,45 cm,E27",
     "bulb,dimmer,lampshade,glow,socket,switch", 49},
    {"Home|Living|Cushions", "cushion,floor cushion,pillow cover", "40 x 40 cm,50 x 50 cm,set of 2",
     "sofa,zipper,filling,fluffy,seam,cover", 22},
    {"Home|Living|Throws", "throw,fleece blanket,knitted blanket", "130 x 170 cm,150 x 200 cm",
     "couch,fringe,cuddle,wool,warmth,weave", 34},
    {"Sports|Running|Running Shoes", "running shoes,trail shoes,racing flats", "size 38,size 42,size 45",
     "sole,stride,heel,marathon,cushioning,toe", 95},
    {"Sports|Running|Running Socks", "running socks,ankle socks,compression socks", "2 pairs,3 pairs,6 pairs",
     "blister,elastic,sweat,ankle,padding,cotton", 14},
    {"Sports|Running|Sports Watches", "sports watch,running watch,pulse watch", "38 mm,42 mm,46 mm",
     "gps,heartbeat,lap,strap,display,pace", 129},
    {"Sports|Camping|Tents", "tent,dome tent,tunnel tent", "1 person,2 person,4 person",
     "poles,pegs,rain,vestibule,campsite,flysheet", 149},
    {"Sports|Camping|Sleeping Bags", "sleeping bag,mummy sleeping bag,down sleeping bag",
     "190 cm,205 cm,220 cm", "hood,night,frost,down,insulation,snug", 79},
    {"Sports|Camping|Camping Stoves", "camping stove,gas stove,trekking cooker", "1 burner,2 burner",
     "flame,cartridge,windshield,pot,ignition,fuel", 45},
    {"Music|Guitars|Acoustic Guitars", "acoustic guitar,parlor guitar,concert guitar", "3/4,4/4",
     "fret,spruce,neck,chords,resonance,tuning", 199},
    {"Music|Guitars|Guitar Strings", "guitar strings,nylon strings,bronze strings", ".010,.011,.012",
     "gauge,tension,winding,bridge,pluck,intonation", 11},
    {"Music|Guitars|Guitar Straps", "guitar strap,padded guitar strap,woven guitar strap", "5 cm,7 cm",
     "shoulder,buckle,stage,standing,leather,lock", 21},
    {"Music|Studio|Microphones", "microphone,condenser microphone,dynamic microphone", "XLR,USB",
     "vocals,podcast,preamp,hiss,recording,cardioid", 89},
    {"Music|Studio|Headphones", "headphones,studio headphones,closed headphones", "32 ohm,80 ohm,250 ohm",
     "bass,treble,earpads,cable,listening,mix", 99},
    {"Music|Studio|Studio Monitors", "studio monitor,bookshelf monitor,active speaker", "5 inch,7 inch,pair",
     "woofer,tweeter,room,mixing,loudness,imaging", 179},
    {"Beauty|Hair|Shampoos", "shampoo,repair shampoo,solid shampoo", "100 ml,250 ml,400 ml",
     "lather,scalp,rinse,greasy,shower,dandruff", 9},
    {"Beauty|Hair|Conditioners", "conditioner,hair mask,leave-in conditioner", "150 ml,250 ml,300 ml",
     "tangles,shine,moisture,curls,ends,silky", 11},
    {"Beauty|Hair|Hair Brushes", "hair brush,paddle brush,round brush", "small,medium,large",
     "bristles,knots,blowdry,comb,static,volume", 16},
    {"Beauty|Skin|Face Creams", "face cream,day cream,night cream", "30 ml,50 ml,75 ml",
     "wrinkles,hydration,cheeks,dryness,jar,absorbs", 24},
    {"Beauty|Skin|Cleansers", "cleanser,cleansing foam,cleansing oil", "100 ml,150 ml,200 ml",
     "makeup,pores,foam,acne,washing,pump", 15},
    {"Beauty|Skin|Sunscreens", "sunscreen,sun lotion,sun stick", "SPF 30,SPF 50",
     "beach,sunburn,uv,sticky,tan,reapply", 18},
    {"Garden|Growing|Plant Pots", "plant pot,hanging pot,planter", "12 cm,18 cm,30 cm",
     "drainage,saucer,roots,terracotta,balcony,fern", 19},
    {"Garden|Growing|Seed Kits", "seed kit,herb seed kit,flower seed kit", "6 sorts,10 sorts,24 sorts",
     "germinate,basil,sprout,tomato,harvest,seedling", 13},
    {"Garden|Growing|Watering Cans", "watering can,long-neck watering can,plant mister", "0.5 l,1.5 l,5 l",
     "sprinkle,nozzle,drip,thirsty,refill,leak", 21},
    {"Garden|Outdoor|Garden Chairs", "garden chair,folding chair,deck chair", "single,set of 2,set of 4",
     "terrace,armrest,foldable,recline,sitting,patio", 69},
    {"Garden|Outdoor|Parasols", "parasol,cantilever parasol,beach umbrella", "2 m,2.7 m,3 m",
     "shade,crank,wind,canopy,tilt,ribs", 75},
    {"Garden|Outdoor|Lanterns", "lantern,solar lantern,candle lantern", "20 cm,35 cm,set of 3",
     "dusk,candle,solar,evening,flicker,hook", 26},
    {"Office|Writing|Fountain Pens", "fountain pen,calligraphy pen,rollerball pen", "fine,medium,broad",
     "nib,ink,converter,cap,handwriting,scratchy", 35},
    {"Office|Writing|Notebooks", "notebook,dotted journal,sketchbook", "A4,A5,A6",
     "pages,binding,bleed,dotted,margin,bookmark", 14},
    {"Office|Writing|Pencil Cases", "pencil case,roll-up pencil case,pen pouch", "small,large",
     "compartment,pens,eraser,pocket,school,pouch", 15},
    {"Office|Desk|Desk Organizers", "desk organizer,pen holder,letter tray", "3 slots,5 slots",
     "clutter,drawer,paperclips,stacking,tidy,tray", 25},
    {"Office|Desk|Desk Mats", "desk mat,mouse pad,writing mat", "60 x 30 cm,80 x 40 cm",
     "mouse,keyboard,stain,underside,glide,edge", 20},
    {"Office|Desk|Monitor Stands", "monitor stand,laptop stand,screen riser", "40 cm,55 cm,adjustable",
     "screen,posture,wobble,height,laptop,cables", 42},
    {"Toys|Building|Block Sets", "block set,building blocks,castle blocks", "50 pieces,120 pieces,300 pieces",
     "bricks,tower,pieces,build,castle,instructions", 32},
    {"Toys|Building|Marble Runs", "marble run,marble tower,ball track", "60 pieces,100 pieces",
     "marbles,track,slope,spiral,roll,ramps", 38},
    {"Toys|Building|Train Sets", "train set,wooden railway,cargo train", "25 pieces,50 pieces",
     "rails,engine,magnet,wagons,loop,station", 44},
    {"Toys|Soft|Plush Animals", "plush bear,plush rabbit,plush fox", "20 cm,35 cm,60 cm",
     "bedtime,hug,stuffing,ears,paws,toddler", 19},
    {"Toys|Soft|Dolls", "doll,rag doll,baby doll", "30 cm,40 cm", "dress,braids,pretend,stitched,eyes,bonnet",
     24},
    {"Toys|Soft|Puzzles", "puzzle,floor puzzle,panorama puzzle", "100 pieces,500 pieces,1000 pieces",
     "jigsaw,cardboard,missing,picture,corner,assembled", 16},
    {"Clothing|Tops|T-Shirts", "t-shirt,long-sleeve shirt,pocket tee", "S,M,L,XL",
     "neckline,sleeve,shrink,washed,print,jersey", 18},
    {"Clothing|Tops|Sweaters", "sweater,cardigan,turtleneck", "S,M,L,XL",
     "knit,itchy,cuffs,merino,pilling,winter", 49},
    {"Clothing|Tops|Jackets", "jacket,parka,windbreaker", "S,M,L,XL",
     "pockets,hooded,lining,waterproof,buttons,layer", 99},
    {"Clothing|Accessories|Scarves", "scarf,loop scarf,silk scarf", "180 cm,200 cm",
     "collar,wrapped,fringed,draping,knot,chilly", 24},
    {"Clothing|Accessories|Hats", "hat,beanie,sun hat", "one size,M,L", "brim,head,pompom,crown,ear,forehead",
     19},
    {"Clothing|Accessories|Backpacks", "backpack,daypack,rolltop backpack", "12 l,18 l,25 l",
     "straps,compartments,bottle,hiking,carry,zip", 59},
};
static_assert(std::size(kLeaves) == kMaxCategories);

struct StyleText {
  std::string_view name, adjectives, words;
  Colour colours[kColoursPerStyle];
};

constexpr StyleText kStyles[] = {
    {"minimal",
     "minimalist,plain,pure,clean-line",
     "simple,uncluttered,understated,sober,calm,reduced",
     {{"matte black", {34, 34, 36}}, {"chalk white", {238, 238, 234}}, {"stone grey", {150, 150, 148}}}},
    {"rustic",
     "rustic,farmhouse,hand-finished,homely",
     "cottage,cozy,handmade,earthy,country,weathered",
     {{"walnut brown", {101, 67, 42}}, {"oat beige", {214, 196, 164}}, {"brick red", {150, 64, 48}}}},
    {"retro",
     "retro,vintage,mid-century,old-school",
     "nostalgic,fifties,grandmother,throwback,classic,diner",
     {{"mustard yellow", {212, 164, 40}}, {"mint green", {152, 214, 180}}, {"burnt orange", {204, 98, 40}}}},
    {"sporty",
     "sporty,dynamic,lightweight,active",
     "energetic,training,athletic,quick,agile,workout",
     {{"signal red", {222, 36, 44}}, {"royal blue", {36, 72, 200}}, {"neon lime", {176, 240, 40}}}},
    {"luxe",
     "luxury,premium,elegant,exquisite",
     "opulent,noble,glamour,prestige,jewel,lavish",
     {{"champagne gold", {212, 180, 112}}, {"emerald green", {12, 112, 76}}, {"aubergine", {76, 28, 72}}}},
    {"playful",
     "playful,funny,cheerful,quirky",
     "smile,whimsical,silly,giggle,confetti,jolly",
     {{"bubblegum pink", {248, 132, 188}}, {"lemon yellow", {252, 232, 72}}, {"turquoise", {48, 206, 200}}}},
    {"industrial",
     "industrial,raw-metal,workshop,heavy-duty",
     "rugged,loft,rivets,factory,concrete,robust",
     {{"gunmetal", {72, 80, 88}}, {"copper", {184, 112, 64}}, {"rust brown", {138, 62, 28}}}},
    {"natural",
     "organic,natural,eco,plant-based",
     "sustainable,botanical,forest,unbleached,recycled,linen",
     {{"moss green", {104, 124, 60}}, {"sand", {222, 204, 172}}, {"leaf green", {72, 160, 72}}}},
    {"futuristic",
     "futuristic,smart,high-tech,digital",
     "innovative,sleek,gadget,spaceship,sensor,modern",
     {{"chrome silver", {196, 202, 210}},
      {"electric violet", {124, 52, 236}},
      {"ice blue", {164, 220, 248}}}},
    {"romantic",
     "romantic,floral,delicate,lace-trimmed",
     "dreamy,tender,blossom,wedding,rosy,lovely",
     {{"rose pink", {232, 168, 180}}, {"lavender", {188, 170, 220}}, {"ivory", {250, 242, 222}}}},
    {"nautical",
     "nautical,maritime,coastal,anchor-print",
     "seaside,sailor,harbor,breeze,lighthouse,deck",
     {{"navy blue", {22, 36, 84}}, {"sailor red", {184, 28, 52}}, {"sea foam", {172, 226, 214}}}},
    {"bohemian",
     "bohemian,ethnic,tasseled,patchwork",
     "nomadic,festival,colorful,macrame,wanderlust,mosaic",
     {{"saffron", {240, 170, 40}}, {"indigo", {58, 44, 130}}, {"terracotta", {200, 100, 72}}}},
};
static_assert(std::size(kStyles) == kMaxStyles);

constexpr std::string_view kBrands[] = {
    "Aurora",   "Norden",    "Kestrel",  "Lumina",    "Bramble",  "Vesper",    "Oakline",  "Solano",
    "Tamarin",  "Pinecrest", "Marlowe",  "Zephyr",    "Castello", "Driftwood", "Ember",    "Fjordland",
    "Gossamer", "Halcyon",   "Ironbark", "Juniper",   "Kalinda",  "Larkspur",  "Meridian", "Nimbus",
    "Orchard",  "Palomar",   "Quillon",  "Rivermint", "Saffira",  "Thistle",   "Umbra",    "Verano",
    "Wildmoor", "Xenia",     "Yarrow",   "Zinnia"};
constexpr std::string_view kOnsets[] = {"Al",  "Bel", "Cor", "Dan", "El",  "Fen", "Gal", "Hol",
                                        "Il",  "Jor", "Kel", "Lor", "Mar", "Nel", "Or",  "Pel",
                                        "Ros", "Sel", "Tor", "Ul",  "Vel", "Wen"};
constexpr std::string_view kEndings[] = {"ano", "eda", "ika",  "osso", "uma",
                                         "avi", "ero", "inda", "oby",  "ussa"};
constexpr std::string_view kSuffixes[] = {"",       " & Co",   " Studio", " Works", " Labs",
                                          " House", " Supply", " Goods",  " Line"};
static_assert(std::size(kBrands) + std::size(kOnsets) * std::size(kEndings) * std::size(kSuffixes) >=
              kMaxBrands);

constexpr int index_of(int rating) { return std::clamp(rating, 1, 5) - 1; }

}  // namespace

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t comma = text.find(',');
    parts.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

std::vector<Leaf> make_leaves(int count) {
  AKIN_ASSERT(count >= 1 && count <= kMaxCategories);
  std::vector<Leaf> leaves;
  for (int c = 0; c < count; ++c) {
    const LeafText& text = kLeaves[c];
    leaves.push_back({std::string(text.path), split_list(text.nouns), split_list(text.sizes),
                      split_list(text.words), text.price});
  }
  return leaves;
}

std::vector<Style> make_styles(int count) {
  AKIN_ASSERT(count >= 1 && count <= kMaxStyles);
  std::vector<Style> styles;
  for (int s = 0; s < count; ++s) {
    styles.push_back(
        {std::string(kStyles[s].name), split_list(kStyles[s].adjectives), split_list(kStyles[s].words)});
  }
  return styles;
}

std::vector<Colour> make_colours(int styles) {
  std::vector<Colour> colours;
  for (int s = 0; s < styles; ++s)
    colours.insert(colours.end(), std::begin(kStyles[s].colours), std::end(kStyles[s].colours));
  return colours;
}

std::string brand_name(std::size_t index) {
  if (index < std::size(kBrands)) return std::string(kBrands[index]);
  index -= std::size(kBrands);
  const std::size_t onset = index % std::size(kOnsets);
  const std::size_t ending = index / std::size(kOnsets) % std::size(kEndings);
  const std::size_t suffix = index / std::size(kOnsets) / std::size(kEndings) % std::size(kSuffixes);
  return fmt::format("{}{}{}", kOnsets[onset], kEndings[ending], kSuffixes[suffix]);
}

std::vector<std::string_view> neutral_phrases() {
  return {"I bought this %n for the %c",
          "with this %n I first looked at the %c",
          "about the %c and the %c there is a lot to say",
          "it looks %s and the %k is as shown",
          "a %s piece from %b",
          "my family calls it %s",
          "I wanted something %s and %s",
          "we have had it for a month now, mostly for the %c",
          "not the same %c as with my old %n",
          "%b sent it in a small box",
          "the %k goes with the rest of my %s things",
          "I mostly use it because of the %c"};
}

std::vector<std::string_view> judgement_phrases(int rating) {
  static constexpr std::string_view kPhrases[5][4] = {
      {"a %p %n, I sent it back", "%p %c from day one", "%p, do not buy it", "never again, simply %p"},
      {"rather %p for the price", "%p when it comes to the %c", "I hoped for more, it is %p",
       "%p, not for me"},
      {"it is %p, no more", "%p as far as the %c goes", "an %p %n with ups and downs", "all in all %p"},
      {"a %p %n", "%p as for the %c", "%p, with one small flaw", "I am pleased, really %p"},
      {"a %p %n, I love it", "%p %c", "%p, I would buy it again", "simply %p in every way"}};
  const auto& row = kPhrases[index_of(rating)];
  return {std::begin(row), std::end(row)};
}

std::vector<std::string_view> summaries(int rating) {
  static constexpr std::string_view kSummaries[5][3] = {
      {"A %p %n", "Sent back", "Terrible %c"},
      {"Disappointed", "A %p %n", "I hoped for a better %c"},
      {"It is %p", "An %p %n", "%s, but only %p"},
      {"A %p %n", "%p and %s", "Good %c"},
      {"A %p %n", "I love this %n", "%p %c, very %s"}};
  const auto& row = kSummaries[index_of(rating)];
  return {std::begin(row), std::end(row)};
}

std::vector<std::string_view> judgement_words(int rating) {
  static constexpr std::string_view kWords[5][6] = {
      {"terrible", "awful", "useless", "broken", "horrible", "worthless"},
      {"poor", "flimsy", "disappointing", "cheap", "weak", "annoying"},
      {"okay", "average", "acceptable", "ordinary", "adequate", "unremarkable"},
      {"good", "solid", "nice", "pleasant", "reliable", "decent"},
      {"great", "perfect", "excellent", "wonderful", "fantastic", "superb"}};
  const auto& row = kWords[index_of(rating)];
  return {std::begin(row), std::end(row)};
}

std::vector<std::string_view> first_names(std::string_view gender) {
  if (gender == "F") {
    return {"Anna",  "Beatriz", "Clara", "Dana",  "Elena", "Fatima",
            "Grace", "Hana",    "Ines",  "Julia", "Kira",  "Lucia"};
  }
  return {"Adam",  "Bruno", "Carlos", "David", "Emil",  "Felix",
          "Goran", "Hugo",  "Ivan",   "Jonas", "Karim", "Leo"};
}

std::vector<std::string_view> states() {
  return {"AZ", "CA", "CO", "FL", "GA", "IL", "MA", "MI", "MN",
          "NC", "NJ", "NY", "OH", "OR", "PA", "TX", "VA", "WA"};
}

}  // namespace akin::synthetic
