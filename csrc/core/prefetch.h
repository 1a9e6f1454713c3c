// Memory fetched ahead of a loop on the CPU.
#pragma once

namespace famus {

// How far, in bytes: a page. The processor's own fetching ahead ends with the page that a loop is in.
constexpr int kPrefetch = 4096;

// Fetches what follows `entries` by kPrefetch: as much as a loop is about to read of them, kEntries. Only entries of 16
// bits: a loop over them has twice the instructions for each byte, so that too little is under way at once. Of wider
// ones it gains nothing from memory and loses in the last level of the cache. An address that is not there is no error.
template <int kEntries, typename T>
inline void prefetch(const T* entries) {
#if defined(__GNUC__)
  if constexpr (sizeof(T) == 2) {
    constexpr int kCacheLine = 64;
    const char* const ahead = reinterpret_cast<const char*>(entries) + kPrefetch;
    for (int byte = 0; byte < kEntries * 2; byte += kCacheLine) __builtin_prefetch(ahead + byte);
  }
#endif
}

}  // namespace famus
