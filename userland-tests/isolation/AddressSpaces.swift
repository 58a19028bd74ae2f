import Libmnos
import TestHarness

/// One address, several processes.
func checkAddressSpaces(_ suite: inout TestSuite) {
  suite.fact("VSP_001_eachProcessSeesItsOwnDataAtOneAddress") { (scope) throws(Unexpected) in
    var remotes: [2 of RemoteThread] = .init(repeating: try scope.remote())
    for index in 0..<2 {
      let (memory, page) = try scope.page()
      page[16] = 0x1000 + UInt64(index)
      let other = try scope.otherProcess()
      try expect(KernelCalls.map(memory, at: 0x60_0000, in: other))
      remotes[index] = try scope.remote(in: other)
    }

    for round in 0..<1000 {
      let index = round & 1
      remotes[index].begin(.load, address: 0x60_0010)
      _ = try remotes[index].finish()
      try expect(remotes[index].value, equals: 0x1000 + UInt64(index), "word")
    }
  }

  suite.fact("VSP_001_writesStayInTheirProcess") { (scope) throws(Unexpected) in
    let (own, other) = (try scope.page().words, try scope.otherProcess())
    own[0] = 1
    let memory = try scope.memory()
    try expect(KernelCalls.map(memory, at: own.address, in: other))
    let remote = try scope.remote(in: other)

    remote.begin(.store, address: own.address, value: 2)
    _ = try remote.finish()

    try expect(own[0], equals: 1, "own word")
  }

  suite.fact("aProcessReachesNothingOfAnother") { (scope) throws(Unexpected) in
    let page = try scope.page().words
    page[0] = 0x5ec2e7
    let other = try scope.otherProcess()
    let remote = try scope.remote(in: other)
    let faults = try FaultWatch(&scope, on: remote)

    remote.begin(.load, address: page.address)

    try faults.expect(.read, at: page.address)
    try expect(remote.value, equals: 0, "value read")
  }
}
