/// Where a heap gets whole runs of pages from.
protocol PageSource {
  /// A zeroed, writable run at a multiple of `alignment`, with a token to give it back by.
  mutating func obtain(byteCount: UInt64, alignment: UInt64) -> (address: UInt64, token: UInt64)?
  mutating func giveBack(_ address: UInt64, byteCount: UInt64, token: UInt64)
}

/// Pages from a process's budget, mapped into it. The token is the memory's handle.
struct BudgetPages: PageSource {
  let budget: Handle
  var addresses: AddressAllocator

  mutating func obtain(
    byteCount: UInt64, alignment: UInt64
  ) -> (address: UInt64, token: UInt64)? {
    guard let address = addresses.allocate(byteCount: byteCount, alignment: alignment) else {
      return nil
    }
    do throws(SyscallStatus) {
      let memory = Memory(
        adopting: Handle(
          value: try SystemCall.invoke(
            .create, UInt64(budget.rawValue), UInt64(ObjectType.memory.rawValue),
            UInt64(SlotChoice.any), word0: byteCount)))
      try SystemCall.invoke(
        .map, memory.argument, 0, address, word0: 0, word1: byteCount,
        word2: UInt64(Rights.read.union(.write).bits))
      return (address, UInt64(memory.relinquish().rawValue))
    } catch {
      addresses.free(address, byteCount: byteCount)
      return nil
    }
  }

  mutating func giveBack(_ address: UInt64, byteCount: UInt64, token: UInt64) {
    // Deleting the capability ends its mappings.
    guard (try? SystemCall.invoke(.delete, token)) != nil else { return }
    addresses.free(address, byteCount: byteCount)
  }
}
