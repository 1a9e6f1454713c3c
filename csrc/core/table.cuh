// Many tensors in one launch: a table of them, passed by value in the 4 KB that a launch has for arguments.
#pragma once

namespace famus {

// Every tensor is worth some units of work, numbered through the table. An Entry has a member first_unit.
template <typename Entry, int capacity>
struct Table {
  static constexpr int kCapacity = capacity;

  Entry entries[capacity];
  long long units;
  int count;
};

// The entry that a unit belongs to. All lanes of a warp ask for the same one.
template <typename Entry, int capacity>
__device__ inline const Entry& entry_of(const Table<Entry, capacity>& table, long long unit) {
  int low = 0;
  int high = table.count - 1;
  while (low < high) {
    const int middle = (low + high + 1) / 2;
    if (table.entries[middle].first_unit <= unit) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return table.entries[low];
}

}  // namespace famus
