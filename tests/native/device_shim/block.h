// Runs a grid's threads as fibers of one CPU thread, block after block.
//
// A fiber runs until it waits at a barrier or in a collective of its warp, or ends. Under ThreadSanitizer the fibers
// count as threads whose only order is that of the barriers and collectives they share, and no order holds between a
// block and the next: races are found whichever way the fibers happened to run. A barrier or collective that some
// threads never reach ends the process with a message. block.cpp is compiled without sanitizers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace shim {

struct Index {
  unsigned x;
};

void launch(unsigned blocks, unsigned threads, const std::function<void()>& kernel);

// Of the fiber that runs.
Index thread_index();
Index block_index();

// Waits until all threads of the block have come here.
void block_barrier();

// Waits until all 32 lanes of the warp have come here; the bits that the lane `source` brought.
std::uint64_t warp_exchange(std::uint64_t bits, unsigned source);

// The block's array that is declared in this line, the same for all its threads, filled with 0xff at first.
void* shared_array(int line, std::size_t bytes);

}  // namespace shim
