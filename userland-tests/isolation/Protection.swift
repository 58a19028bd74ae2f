import Libmnos
import TestHarness

/// What no user code can touch.
func checkProtection(_ suite: inout TestSuite, stackBase: UInt64) {
  suite.fact("VSP_002_kernelAddressesFaultForEveryAccess") { (scope) throws(Unexpected) in
    let remote = try scope.remote()
    let faults = try FaultWatch(&scope, on: remote)
    for address in Values(kernelAddresses) {
      for (operation, kind) in Values(accesses) {
        if operation == .jump, isInUse(address), !RemoteCode.judgesEveryFetch { continue }
        try expectFault(&scope, remote, faults, operation, address, kind)
      }
    }
    try expect(try remote.perform(.clock))
  }

  suite.fact("VSP_003_dataIsNotExecutable") { (scope) throws(Unexpected) in
    let remote = try scope.remote()
    let faults = try FaultWatch(&scope, on: remote)
    let page = try scope.page().words
    // New memory, a page with words in it, and this program's stack.
    try expectFault(&scope, remote, faults, .jump, page.address, .execute)
    for address in Values([remote.scratchAddress, stackBase] as [2 of UInt64])
    where RemoteCode.judgesEveryFetch {
      try expectFault(&scope, remote, faults, .jump, address, .execute)
    }
  }

  suite.fact("VSP_004_textIsNotWritable") { (scope) throws(Unexpected) in
    let remote = try scope.remote()
    let faults = try FaultWatch(&scope, on: remote)
    for address in Values([RemoteCode.textAddress, remote.codeBase] as [2 of UInt64]) {
      try expectFault(&scope, remote, faults, .store, address, .write)
    }
  }

  suite.fact("VSP_008_theNullPagesAndTheStackGuardFault") { (scope) throws(Unexpected) in
    let remote = try scope.remote()
    let faults = try FaultWatch(&scope, on: remote)
    let addresses: [4 of UInt64] = [0, 0xff8, Limits.nullGuardByteCount - 8, stackBase - 8]
    for address in Values(addresses) {
      for (operation, kind) in Values(accesses) {
        try expectFault(&scope, remote, faults, operation, address, kind)
      }
    }
  }

  suite.fact("VSP_010_withoutACapabilityPortsAndControlRegistersFault") {
    (scope) throws(Unexpected) in
    let other = try scope.otherProcess()
    let remote = try scope.remote(in: other)
    let faults = try FaultWatch(&scope, on: remote)
    remote.begin(.privilegedInstruction)

    let report = try faults.take()
    try faults.skip(report, &scope)

    _ = try remote.finish()
    try expect(
      report.word(2), equals: remote.codeBase + RemoteCode.privilegedInstruction, "pc")
  }

  suite.fact("VSP_011_anAddressInNoHalfFaultsInUserMode") { (scope) throws(Unexpected) in
    let remote = try scope.remote()
    let faults = try FaultWatch(&scope, on: remote)
    for operation in Values([.load, .store, .jump] as [3 of RemoteOperation]) {
      remote.begin(operation, address: RemoteCode.addressInNoHalf)
      try faults.skip(try faults.take(), &scope)
      _ = try remote.finish()
    }
  }
}

private var accesses: [3 of (RemoteOperation, FaultKind)] {
  [(.load, .read), (.store, .write), (.jump, .execute)]
}

/// Where loaders that move nothing put the kernel and the direct map: pages that the kernel
/// uses all the time.
private var kernelText: UInt64 { 0xffff_ffff_8000_0000 }
private var directMap: UInt64 { 0xffff_8000_0000_0000 }

private func isInUse(_ address: UInt64) -> Bool { address == kernelText || address == directMap }

/// Text and data of the kernel, the direct map and the top page; whichever of these a machine
/// does not use are unmapped there.
private var kernelAddresses: [5 of UInt64] {
  [
    kernelText, 0xffff_ffff_8010_0000, directMap,
    0xffff_ffc0_0000_0000, 0xffff_ffff_ffff_f000,
  ]
}

/// Has a thread touch an address, checks the report, and lets the thread go on.
private func expectFault(
  _ scope: inout Scope, _ remote: RemoteThread, _ faults: FaultWatch,
  _ operation: RemoteOperation, _ address: UInt64, _ kind: FaultKind, line: UInt = #line
) throws(Unexpected) {
  remote.begin(operation, address: address, value: 0)
  let report = try faults.take(line: line)
  try faults.skip(report, &scope)
  _ = try remote.finish(line: line)
  try expect(report.word(0), equals: UInt64(kind.rawValue), "kind of fault", line: line)
  try expect(report.word(1), equals: address, "fault address", line: line)
}
