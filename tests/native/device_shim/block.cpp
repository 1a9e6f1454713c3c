#include "block.h"

#include <ucontext.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#ifdef SHIM_ADDRESS
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef SHIM_THREAD
#include <sanitizer/tsan_interface.h>
#endif

namespace shim {
namespace {

constexpr unsigned kWarp = 32;
constexpr std::size_t kStackBytes = 256 << 10;
constexpr std::size_t kSharedAlignment = 32;

enum class State { kReady, kBarrier, kCollective, kDone };

struct Fiber {
  ucontext_t context;
  // Of blocks with even and with odd numbers, whose threads have no order.
  std::unique_ptr<char[]> stacks[2] = {std::unique_ptr<char[]>(new char[kStackBytes]),
                                       std::unique_ptr<char[]>(new char[kStackBytes])};
  char* stack;
  State state;
  unsigned phase;          // number of collectives so far; two of them never share a slot
  std::uint64_t slots[2];  // what the lane brought
  void* tsan = nullptr;
  void* fake_stack = nullptr;
};

struct Block {
  unsigned index;
  std::map<int, std::unique_ptr<char, decltype(&std::free)>> shared;
};

ucontext_t scheduler;
void* scheduler_tsan = nullptr;
void* scheduler_fake_stack = nullptr;
const void* scheduler_stack = nullptr;
std::size_t scheduler_stack_bytes = 0;
std::vector<Fiber> fibers;
Block* block = nullptr;
unsigned current = 0;
const std::function<void()>* body = nullptr;

// Addresses that stand for what orders threads: the launch, the barrier, each warp's collectives, the end of the grid.
char launch_order, barrier_order, grid_order, warp_order[64];

void release(void* order) {
#ifdef SHIM_THREAD
  __tsan_release(order);
#endif
  (void)order;
}

void acquire(void* order) {
#ifdef SHIM_THREAD
  __tsan_acquire(order);
#endif
  (void)order;
}

void to_fiber(unsigned index) {
  current = index;
  Fiber& fiber = fibers[index];
#ifdef SHIM_ADDRESS
  __sanitizer_start_switch_fiber(&scheduler_fake_stack, fiber.stack, kStackBytes);
#endif
#ifdef SHIM_THREAD
  __tsan_switch_to_fiber(fiber.tsan, __tsan_switch_to_fiber_no_sync);
#endif
  swapcontext(&scheduler, &fiber.context);
#ifdef SHIM_ADDRESS
  __sanitizer_finish_switch_fiber(scheduler_fake_stack, nullptr, nullptr);
#endif
}

void to_scheduler(State state) {
  Fiber& fiber = fibers[current];
  fiber.state = state;
#ifdef SHIM_ADDRESS
  const bool ends = state == State::kDone;
  __sanitizer_start_switch_fiber(ends ? nullptr : &fiber.fake_stack, scheduler_stack, scheduler_stack_bytes);
#endif
#ifdef SHIM_THREAD
  __tsan_switch_to_fiber(scheduler_tsan, __tsan_switch_to_fiber_no_sync);
#endif
  swapcontext(&fiber.context, &scheduler);
#ifdef SHIM_ADDRESS
  __sanitizer_finish_switch_fiber(fiber.fake_stack, &scheduler_stack, &scheduler_stack_bytes);
#endif
}

void entry() {
#ifdef SHIM_ADDRESS
  __sanitizer_finish_switch_fiber(nullptr, &scheduler_stack, &scheduler_stack_bytes);
#endif
  acquire(&launch_order);
  (*body)();
  release(&grid_order);
  to_scheduler(State::kDone);
}

// Lets those of [begin, end) go on if all of them wait in `state`.
bool resume_if_all(State state, unsigned begin, unsigned end) {
  for (unsigned i = begin; i < end; ++i) {
    if (fibers[i].state != state) return false;
  }
  for (unsigned i = begin; i < end; ++i) fibers[i].state = State::kReady;
  return true;
}

[[noreturn]] void give_up() {
  unsigned counts[4] = {};
  for (const Fiber& fiber : fibers) ++counts[static_cast<int>(fiber.state)];
  std::fprintf(stderr, "divergence in block %u: %u threads at a barrier, %u in a collective, %u ended\n", block->index,
               counts[1], counts[2], counts[3]);
  std::_Exit(3);
}

// What ThreadSanitizer takes the thread of a block for. Blocks with even and with odd numbers share none, as if two
// processors ran them; to make new ones for each block would take a millisecond each.
void* identity(unsigned block_number, unsigned thread) {
#ifdef SHIM_THREAD
  static std::map<std::pair<unsigned, unsigned>, void*> identities;
  void*& found = identities[{block_number % 2, thread}];
  if (found == nullptr) found = __tsan_create_fiber(0);
  return found;
#else
  (void)block_number, (void)thread;
  return nullptr;
#endif
}

void run_block(unsigned threads) {
  for (Fiber& fiber : fibers) {
    fiber.state = State::kReady;
    fiber.phase = 0;
    getcontext(&fiber.context);
    fiber.stack = fiber.stacks[block->index % 2].get();
    fiber.context.uc_stack = {fiber.stack, 0, kStackBytes};
    makecontext(&fiber.context, entry, 0);
    fiber.tsan = identity(block->index, static_cast<unsigned>(&fiber - fibers.data()));
  }
  for (bool done = false; !done;) {
    for (unsigned i = 0; i < threads; ++i) {
      if (fibers[i].state == State::kReady) to_fiber(i);
    }
    done = resume_if_all(State::kDone, 0, threads);
    bool progress = done || resume_if_all(State::kBarrier, 0, threads);
    for (unsigned begin = 0; begin < threads; begin += kWarp) {
      progress |= !done && resume_if_all(State::kCollective, begin, begin + kWarp < threads ? begin + kWarp : threads);
    }
    if (!progress) give_up();
  }
}

}  // namespace

void launch(unsigned blocks, unsigned threads, const std::function<void()>& kernel) {
#ifdef SHIM_THREAD
  scheduler_tsan = __tsan_get_current_fiber();
#endif
  body = &kernel;
  release(&launch_order);
  fibers = std::vector<Fiber>(threads);
  std::deque<Block> all;  // their shared arrays live on until an order between them and this thread is known
  for (unsigned index = 0; index < blocks; ++index) {
    all.push_back({index, {}});
    block = &all.back();
    run_block(threads);
  }
  acquire(&grid_order);
}

Index thread_index() { return {current}; }

Index block_index() { return {block->index}; }

void block_barrier() {
  release(&barrier_order);
  to_scheduler(State::kBarrier);
  acquire(&barrier_order);
}

std::uint64_t warp_exchange(std::uint64_t bits, unsigned source) {
  const unsigned warp = current / kWarp;
  const unsigned slot = fibers[current].phase++ % 2;
  fibers[current].slots[slot] = bits;
  release(&warp_order[warp]);
  to_scheduler(State::kCollective);
  acquire(&warp_order[warp]);
  return fibers[warp * kWarp + source].slots[slot];
}

void* shared_array(int line, std::size_t bytes) {
  auto found = block->shared.find(line);
  if (found == block->shared.end()) {
    std::unique_ptr<char, decltype(&std::free)> array(nullptr, &std::free);
    void* memory = nullptr;
    if (posix_memalign(&memory, kSharedAlignment, bytes) != 0) std::abort();
    array.reset(static_cast<char*>(memory));
    std::memset(array.get(), 0xff, bytes);
    found = block->shared.emplace(line, std::move(array)).first;
    release(found->second.get());
  }
  acquire(found->second.get());
  return found->second.get();
}

}  // namespace shim
