import Libmnos
import TestHarness

/// Memory that is lent with a request and is not there, or not for long.
func checkLoans(_ suite: inout TestSuite, _ files: Files) {
  suite.fact("VFS_019_whatCannotBeReachedIsABadPointer") { (scope) throws(Unexpected) in
    let file = try doing { () throws(FileSystemError) in
      try files.open(path("/samples/mebibyte"))
    }
    let page = try scope.page().words
    let readOnly = try scope.map(try scope.memory(), rights: .read)
    // Behind each page there is nothing. The ends of the user half, and beyond.
    let places: [6 of (UInt64, UInt64)] = [
      (page.address + 4088, 16), (page.address - 8, 16), (page.address + 4096, 4096),
      (readOnly.address, 4096), (0x10, 64), (page.address, 3 * 4096),
    ]
    for (address, byteCount) in Values(places) {
      let asked = request(
        0x305, 0, to: file.handle, lending: Leases(.write), at: address, byteCount: byteCount)
      try expectRefusal(.badPointer, KernelCalls.perform(asked))
      try expectServed(files)
    }
    for (address, byteCount) in Values(
      [(.max - 7, 8), (.max - 7, 16), (1 << 63, 8), ((1 << 63) - 8, 16)]
        as [4 of (UInt64, UInt64)])
    {
      let asked = request(
        0x305, 0, to: file.handle, lending: Leases(.write), at: address, byteCount: byteCount)
      try expect(KernelCalls.perform(asked), .badPointer)
    }
    try expectServed(files)
  }

  suite.fact("VFS_019_pathsAndBytesThatAreNotThereChangeNothing") { (scope) throws(Unexpected) in
    try doing { () throws(FileSystemError) in try files.save(path("/tmp/loan"), pattern(99)) }
    let file = try doing { () throws(FileSystemError) in
      try files.open(path("/tmp/loan"), .write)
    }
    let page = try scope.page().words
    let service = files.service.endpoint.handle
    let requests: [4 of (UInt64, Handle)] = [
      (0x306, file.handle), (0x301, service), (0x302, service), (0x303, service),
    ]
    // Half of it is behind the page. A path longer than any is refused before it is looked at.
    for byteCount in Values([16, 1000] as [2 of UInt64]) {
      for (operation, handle) in Values(requests) {
        var asked = request(
          operation, 0, to: handle, lending: Leases(.read),
          at: page.address + 4096 - byteCount / 2, byteCount: byteCount)
        if handle == service {
          asked.call = CallWord(.call, wordCount: 1, leases: Leases(.read)).rawValue
        }
        try expectRefusal(.badPointer, KernelCalls.perform(asked))
      }
    }
    let found = try doing { () throws(FileSystemError) in try files.load(path("/tmp/loan")) }
    try expectSame(found, pattern(99), "bytes of the file")
    try doing { () throws(FileSystemError) in try files.remove(path("/tmp/loan")) }
  }

  suite.fact("VFS_019_memoryThatGoesInTheMiddleOfAReadHarmsNobody") {
    (scope) throws(Unexpected) in
    let file = try doing { () throws(FileSystemError) in
      try files.open(path("/samples/mebibyte"))
    }
    let place = scope.addresses(pages: 4)
    let reader = try scope.remote()
    let sleep = try scope.notification()
    let byteCount = 4 * Limits.pageByteCount
    let asked = request(
      0x305, 4096, to: file.handle, lending: Leases(.write), at: place, byteCount: byteCount)
    var (wholeCount, refusedCount) = (0, 0)
    for round in UInt64(0)..<300 {
      let memory = try expect(
        KernelCalls.create(.memory, from: scope.budget, byteCount)
      ).handle
      let mapped = try expect(KernelCalls.copy(memory)).handle
      try expect(KernelCalls.map(mapped, at: place, pages: 4))
      reader.begin(asked)
      // Into the middle of it, on most machines: the service is more urgent than this thread, and
      // is interrupted only where it asks the kernel for a copy.
      if round % 3 > 0 {
        try expect(
          KernelCalls.wait(sleep, deadline: KernelCalls.clock() + round * 137 % 60_000), .timedOut)
      }
      switch round & 1 {
      case 0: try expect(KernelCalls.revoke(memory))
      default: try expect(KernelCalls.unmap(place, pages: 4))
      }
      let answer = try expect(try reader.finish())
      if answer.word(0) == 0 {
        wholeCount += 1
        try expect(answer.word(2), equals: byteCount, "bytes read")
      } else {
        refusedCount += 1
        try expect(answer.word(0), equals: FileSystemError.badPointer.rawValue, "status")
      }
      _ = KernelCalls.delete(mapped)
      try expect(KernelCalls.delete(memory))
    }
    try expect(wholeCount + refusedCount == 300, "not every read was answered")
    try expectServed(files)
  }
}

/// The service answers, and well.
private func expectServed(_ files: Files, line: UInt = #line) throws(Unexpected) {
  let (status, bytes) = try doing(line: line) { () throws(FileSystemError) in
    (try files.status(path("/etc/motd")), try files.load(path("/etc/motd")))
  }
  try expect(UInt64(bytes.count), equals: status.byteCount, "bytes of /etc/motd", line: line)
}
