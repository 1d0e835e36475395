// The formats of delimited text. Each is described for users in docs/formats.md.
#pragma once

#include "akin/data/readers/readers.h"

namespace akin {

/// Any table of events: columns by header name or number.
Format csv_format();
/// JSON objects of events, one a line (json_table.cc).
Format jsonl_format();
/// A sheet of an Excel workbook.
Format xlsx_format();
/// `user item rating [time]`, no header.
Format uirt_format();
/// `SessionId ItemId Time`, one click a line.
Format sessions_format();
/// GroupLens' releases: u.data, ratings.dat, ratings.csv with what lies beside them.
Format movielens_format();
/// RecBole's .inter, .user, .item files, MMRec's x_label.
Format atomic_format();
/// `user item item ...` a line (LightGCN, NGCF, session files).
Format lists_format();
/// `user item` a line in time order (SASRec, BERT4Rec).
Format pairs_format();
/// X.train.rating, X.test.rating, X.test.negative.
Format ncf_format();
/// Text: lines, files or reviews as documents of words (docs/text.md).
Format text_format();

}  // namespace akin
