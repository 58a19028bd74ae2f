import Libmnos
import TestHarness

/// What is read of files.
func checkReading(_ suite: inout TestSuite, _ files: Files) {
  suite.fact("VFS_001_chunksGiveTheExactBytes") { (_) throws(Unexpected) in
    let byteCounts: [10 of Int] = [0, 1, 511, 512, 513, 4063, 4064, 4065, 16_385, 40_000]
    for byteCount in Values(byteCounts) {
      let bytes = pattern(byteCount, seed: UInt64(byteCount))
      try doing { () throws(FileSystemError) in try files.save(path("/tmp/chunks"), bytes) }
      let file = try doing { () throws(FileSystemError) in try files.open(path("/tmp/chunks")) }
      for piece in Values([1, 511, 512, 513, 4096, byteCount + 1] as [6 of Int])
      where piece > 1 || byteCount < 600 {
        let found = try doing { () throws(FileSystemError) in try file.readAll(piece: piece) }
        try expectSame(found, bytes, "bytes of the file")
      }
    }
    try doing { () throws(FileSystemError) in try files.remove(path("/tmp/chunks")) }
  }

  suite.fact("VFS_001_filesOfTheArchiveAreTheSameInAnyChunks") { (_) throws(Unexpected) in
    for name in Values([path("/etc/motd"), path("/samples/one"), path("/samples/empty")]) {
      let file = try doing { () throws(FileSystemError) in try files.open(name) }
      let whole = try doing { () throws(FileSystemError) in try file.readAll(piece: 16_384) }
      try expect(UInt64(whole.count), equals: file.status.byteCount, "bytes in all")
      for piece in Values([1, 3, 511, 512, 513, 4096, whole.count + 1] as [7 of Int]) {
        let found = try doing { () throws(FileSystemError) in try file.readAll(piece: piece) }
        try expectSame(found, whole, "bytes of the file")
      }
    }
  }

  suite.fact("VFS_001_oneRequestReadsAtMostItsLimit") { (_) throws(Unexpected) in
    let file = try doing { () throws(FileSystemError) in
      try files.open(path("/samples/mebibyte"))
    }
    let most = FileSystemProtocol.mostBytes
    for wanted in Values([most - 1, most, most + 1, 3 * most] as [4 of Int]) {
      let found = try doing { () throws(FileSystemError) in try file.read(at: 5, count: wanted) }
      try expect(UInt64(found.count), equals: UInt64(min(wanted, most)), "bytes read")
    }
  }

  suite.fact("VFS_002_behindTheEndThereIsNothing") { (_) throws(Unexpected) in
    let bytes = pattern(5000)
    try doing { () throws(FileSystemError) in try files.save(path("/tmp/end"), bytes) }
    for name in Values([path("/tmp/end"), path("/etc/motd"), path("/samples/empty")]) {
      let file = try doing { () throws(FileSystemError) in try files.open(name) }
      let count = file.status.byteCount
      for offset in Values(
        [count, count + 1, count + 4096, 1 << 32, 1 << 62, (1 << 63) - 1, 1 << 63, .max - 1, .max]
          as [9 of UInt64])
      {
        for wanted in Values([0, 1, 4096] as [3 of Int]) {
          let found = try doing { () throws(FileSystemError) in
            try file.read(at: offset, count: wanted)
          }
          try expect(UInt64(found.count), equals: 0, "bytes behind the end")
        }
      }
      if count > 0 {
        let last = try doing { () throws(FileSystemError) in
          try file.read(at: count - 1, count: 4096)
        }
        try expect(UInt64(last.count), equals: 1, "bytes at the end")
      }
    }
    try doing { () throws(FileSystemError) in try files.remove(path("/tmp/end")) }
  }
}

/// Offsets travel with each request: there is no seek, and an end that overflows is refused.
func checkOffsets(_ suite: inout TestSuite, _ files: Files) {
  suite.fact("VFS_013_offsetsThatOverflowChangeNothing") { (_) throws(Unexpected) in
    let bytes = pattern(300)
    try doing { () throws(FileSystemError) in try files.save(path("/tmp/seek"), bytes) }
    let file = try doing { () throws(FileSystemError) in
      try files.open(path("/tmp/seek"), FileOptions.read.union(.write))
    }
    let refused: [6 of (UInt64, Int, FileSystemError)] = [
      (.max, 1, .badArgument), (.max - 1, 2, .badArgument), (.max - 15, 16, .badArgument),
      (.max - 1, 1, .noSpace), ((1 << 63) - 1, 1, .noSpace), (1 << 40, 16, .noSpace),
    ]
    for (offset, count, failure) in Values(refused) {
      try expectFailure(failure) { () throws(FileSystemError) in
        try file.write(at: offset, pattern(count))
      }
    }
    for byteCount in Values([.max, 1 << 63, 1 << 40] as [3 of UInt64]) {
      try expectFailure(.noSpace) { () throws(FileSystemError) in
        try file.setByteCount(byteCount)
      }
    }
    let found = try doing { () throws(FileSystemError) in try file.readAll(piece: 4096) }
    try expectSame(found, bytes, "bytes after refused writes")
  }

  suite.fact("VFS_013_aGapReadsAsZeros") { (_) throws(Unexpected) in
    for gap in Values([1, 63, 4064, 9000] as [4 of Int]) {
      let (head, tail) = (pattern(100), pattern(50, seed: 7))
      try doing { () throws(FileSystemError) in try files.save(path("/tmp/seek"), head) }
      let file = try doing { () throws(FileSystemError) in
        try files.open(path("/tmp/seek"), .write)
      }
      _ = try doing { () throws(FileSystemError) in
        try file.write(at: UInt64(head.count + gap), tail)
      }
      let wanted = head + [UInt8](repeating: 0, count: gap) + tail
      let found = try doing { () throws(FileSystemError) in try file.readAll(piece: 4096) }
      try expectSame(found, wanted, "bytes around the gap")
      // What was cut off is zeros when it comes back.
      try doing { () throws(FileSystemError) in try file.setByteCount(10) }
      try doing { () throws(FileSystemError) in try file.setByteCount(500) }
      let regrown = try doing { () throws(FileSystemError) in try file.readAll(piece: 4096) }
      try expectSame(
        regrown, Array(head[0..<10]) + [UInt8](repeating: 0, count: 490), "bytes after the cut")
    }
    try doing { () throws(FileSystemError) in try files.remove(path("/tmp/seek")) }
  }
}
