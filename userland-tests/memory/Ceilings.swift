import Libmnos
import TestHarness

/// What a mapping may ever allow: what was asked for and held when it was made.
func checkCeilings(_ suite: inout TestSuite) {
  suite.fact("MEM_501_noMappingAllowsMoreThanWasAskedForAndHeld") { (scope) throws(Unexpected) in
    let memory = try scope.memory()
    let address = scope.addresses()
    for held in UInt16(0)..<8 {
      let weak = try expect(
        KernelCalls.copy(memory, rights: Rights(bits: held).union(.copy))
      ).handle
      for asked in UInt16(0)..<8 {
        for later in UInt16(0)..<8 {
          let outcome = KernelCalls.map(
            weak, at: address, rights: Rights(bits: asked | later << 8))
          // Page tables know nothing that is written or executed but not read, and nothing is both.
          let isPossible = asked & 1 != 0 && asked != 7
          let isHeld = (asked | later) & ~held == 0
          if isPossible, later == 0 || (later & asked == asked && later & 1 != 0), isHeld {
            try expect(outcome)
            for wanted in UInt16(0)..<8 where wanted & 1 != 0 && wanted != 7 {
              let changed = KernelCalls.protect(address, rights: Rights(bits: wanted))
              let isAllowed = wanted & ~(later == 0 ? asked : later) == 0
              try expect(changed.isStatus(.ok) == isAllowed, "protect gave more, or less")
            }
            try expect(KernelCalls.unmap(address))
          } else if outcome.isStatus(.ok) {
            try expect(isPossible && isHeld, "mapped what was not held, or cannot be")
            try expect(KernelCalls.unmap(address))
          }
        }
      }
      try expect(KernelCalls.delete(weak))
    }
  }

  suite.fact("MEM_502_nobodyGivesAMappingMoreThanItWasGiven") { (scope) throws(Unexpected) in
    let memory = try scope.memory()
    let other = try scope.otherProcess()
    let remote = try scope.remote(in: other)
    // Given for reading, by who holds all rights; the process changes it by a capability to itself.
    try expect(KernelCalls.map(memory, at: 0x50_0000, rights: .read, in: other))
    let own = try expect(KernelCalls.copy(other, to: other)).handle
    let all = try expect(KernelCalls.copy(memory, to: other)).handle
    for rights in Values([readWrite, readExecute] as [2 of Rights]) {
      let wanted: Words = [UInt64(rights.bits), 0, 0, 0, 0, 0, 0, 0]
      try expect(
        try remote.perform(.protect, own.argument, 0x50_0000, 4096, wanted), .noRight)
      try expect(KernelCalls.protect(0x50_0000, rights: rights, in: other), .noRight)
    }
    // It can map the memory itself as it likes, but not by way of the mapping that it was given.
    let map: Words = [0, 4096, UInt64(readWrite.bits), 0, 0, 0, 0, 0]
    try expect(try remote.perform(.map, all.argument, own.argument, 0x60_0000, map))
    remote.begin(.store, address: 0x60_0000, value: 5)
    _ = try remote.finish()
    remote.begin(.load, address: 0x50_0000)
    _ = try remote.finish()
    try expect(remote.value, equals: 5, "word")
  }
}
