import Libmnos
import TestHarness

/// What a program finds in its own address space, and what it can do with it.
func checkOwnPages(
  _ suite: inout TestSuite, image: Range<UInt64>, stack: Range<UInt64>
) {
  suite.fact("LDR_009_whatTheFileDoesNotFillIsZero") { (_) throws(Unexpected) in
    let zeros = OwnImage.zeros
    try expect(image.contains(zeros), "the zeros are not in the image")
    for offset in stride(from: UInt64(0), to: OwnImage.zeroByteCount, by: 8) {
      try expect(OwnImage.word(at: zeros + offset), equals: 0, "word of the zeros")
    }
    // Behind the last byte of all there is nothing but the rest of its page.
    let page = Limits.pageByteCount
    let end = (image.upperBound + page - 1) & ~(page - 1)
    var address = (image.upperBound + 7) & ~7
    while address < end {
      try expect(OwnImage.word(at: address), equals: 0, "word behind the image")
      address += 8
    }
  }

  suite.fact("LDR_009_dataBesideTheZerosIsKept") { (_) throws(Unexpected) in
    for index in UInt64(0)..<OwnImage.patternCount {
      try expect(
        OwnImage.word(at: OwnImage.patterns + index * 8), equals: OwnImage.pattern(index),
        "word of the file")
    }
  }

  suite.fact("VSP_007_noOwnPageIsWritableAndExecutable") { (scope) throws(Unexpected) in
    let remote = try scope.remote()
    let faults = try FaultWatch(&scope, on: remote)
    var writableCount: UInt64 = 0
    var address = image.lowerBound
    while address < image.upperBound {
      if try isWritable(address, remote, faults, &scope) {
        writableCount += 1
        if RemoteCode.judgesEveryFetch {
          try expectNoJump(address, remote, faults, &scope)
        }
      }
      address += Limits.pageByteCount
    }
    try expect(writableCount > 0, "no page of the image is writable")
    try expect(
      writableCount * Limits.pageByteCount < image.upperBound - image.lowerBound,
      "every page of the image is writable")
  }

  suite.fact("VSP_007_noPageOfTheStackIsExecutable") { (scope) throws(Unexpected) in
    let remote = try scope.remote()
    let faults = try FaultWatch(&scope, on: remote)
    // Without the judgement of every fetch only pages that nobody has touched can be tried: those
    // at the far end of the stack.
    let pageCount = (stack.upperBound - stack.lowerBound) / Limits.pageByteCount
    for index in 0..<(RemoteCode.judgesEveryFetch ? pageCount : 2) {
      let address = stack.lowerBound + index * Limits.pageByteCount
      try expectNoJump(address, remote, faults, &scope)
    }
  }

  suite.fact("VSP_007_noAddressOfTheKernelHalfIsAUsers") { (scope) throws(Unexpected) in
    let remote = try scope.remote()
    let faults = try FaultWatch(&scope, on: remote)
    let record = try scope.page().words
    try sweepKernelHalf { (address) throws(Unexpected) in
      for operation in Values([.load, .store, .jump] as [3 of RemoteOperation]) {
        if operation == .jump, !RemoteCode.judgesEveryFetch { continue }
        remote.begin(operation, address: address, value: 0x600d)
        let report = try faults.outcome()
        guard let report else { return try expect(false, "an access did not fault") }
        try faults.skip(report, with: record)
        _ = try remote.finish()
        try expect(remote.value, equals: 0x600d, "value read")
      }
    }
    try expect(try remote.perform(.clock))
  }

  suite.fact("VSP_007_noCallReachesTheKernelHalf") { (scope) throws(Unexpected) in
    let memory = try scope.memory()
    let endpoint = try scope.endpoint()
    try sweepKernelHalf { (address) throws(Unexpected) in
      try expect(
        KernelCalls.map(memory, at: address & ~(Limits.pageByteCount - 1)), .badArgument)
      // A transfer record, and a record of registers.
      try expect(
        KernelCalls.perform(
          CallRegisters(
            CallWord(.receive, hasTransfers: true), endpoint.argument, Deadline.poll,
            address & ~7)), .badPointer)
      try expect(
        KernelCalls.perform(
          CallRegisters(
            CallWord(.call, leases: Leases(.write)), endpoint.argument, Deadline.poll,
            words: [0, 0, 0, 0, address, 8, 0, 0])), .badPointer)
    }
  }
}

/// Calls `body` with several hundred addresses of the kernel half: every multiple of a power of two
/// that starts something there, the bytes before and behind it, and others in between.
private func sweepKernelHalf(
  _ body: (UInt64) throws(Unexpected) -> Void
) throws(Unexpected) {
  for shift in UInt64(12)..<47 {
    // The top of the address space, downwards.
    try body(0 &- (1 << shift))
    try body(0 &- (1 << shift) &- 8)
    // Its bottom, upwards: as small as the smallest half of any machine.
    if shift < 38 { try body(0xffff_ffc0_0000_0000 + (1 << shift)) }
    // Where whole address spaces of four levels begin.
    try body(0xffff_8000_0000_0000 + (1 << shift))
  }
  var address: UInt64 = 0xffff_ffff_8000_0000
  for _ in 0..<64 {
    try body(address)
    address += 0x1_f008
  }
}

/// Whether a remote thread can store into a page, which is left as it was.
private func isWritable(
  _ address: UInt64, _ remote: RemoteThread, _ faults: FaultWatch, _ scope: inout Scope
) throws(Unexpected) -> Bool {
  remote.begin(.load, address: address)
  _ = try remote.finish()
  remote.begin(.store, address: address, value: remote.value)
  guard let report = try faults.outcome() else { return true }
  try expect(report.word(0), equals: UInt64(FaultKind.write.rawValue), "kind of fault")
  try expect(report.word(1), equals: address, "fault address")
  try faults.skip(report, &scope)
  _ = try remote.finish()
  return false
}

private func expectNoJump(
  _ address: UInt64, _ remote: RemoteThread, _ faults: FaultWatch, _ scope: inout Scope
) throws(Unexpected) {
  remote.begin(.jump, address: address)
  let report = try faults.take()
  try faults.skip(report, &scope)
  _ = try remote.finish()
  try expect(report.word(0), equals: UInt64(FaultKind.execute.rawValue), "kind of fault")
  try expect(report.word(1), equals: address, "fault address")
}
