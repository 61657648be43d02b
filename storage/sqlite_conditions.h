// The conditions of a SELECT that are only asked where a filter sets them. What is asked for must
// outlive the query's making.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/sqlite_database.h"

namespace benchfleet::sqlite {

class Conditions {
 public:
  // `condition` with a `?` for each value.
  template <typename... Values>
  void Ask(std::string_view condition, const Values&... values) {
    if (!sql_.empty()) sql_ += " AND ";
    sql_ += condition;
    (Add(values), ...);
  }
  // A value for a `?` further behind.
  template <typename Value>
  void Add(const Value& value) {
    values_.push_back(ToSqlValue(value));
  }

  // "" where nothing was asked, else all of it behind `keyword`.
  std::string sql(std::string_view keyword) const {
    return sql_.empty() ? "" : std::string(keyword) + sql_;
  }
  std::span<const SqlValue> values() const { return values_; }

 private:
  std::string sql_;
  std::vector<SqlValue> values_;
};

}  // namespace benchfleet::sqlite
