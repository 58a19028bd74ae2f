import Libmnos
import TestHarness

/// Names that change, and files that lose theirs.
func checkRenames(_ suite: inout TestSuite, _ files: Files) {
  suite.fact("VFS_017_renameHasOneOutcomeForEachTarget") { (_) throws(Unexpected) in
    try makeTree(files)
    let refused: [11 of (StaticString, StaticString, FileSystemError)] = [
      ("/tmp/r/f", "/tmp/r/d", .isDirectory), ("/tmp/r/d", "/tmp/r/f", .notDirectory),
      ("/tmp/r/d", "/tmp/r/d/in/x", .intoItself), ("/tmp/r/d", "/tmp/r/d/x", .intoItself),
      ("/tmp/r/empty", "/tmp/r/d", .notEmpty), ("/tmp/r/none", "/tmp/r/x", .notFound),
      ("/tmp/r/f", "/tmp/r/none/x", .notFound), ("/tmp", "/tmp/r/x", .inUse),
      ("/tmp/r/f", "/tmp", .inUse), ("/tmp/r/f", "/etc/f", .crossesFileSystems),
      ("/tmp/r/f", "/tmp/r/x/", .notDirectory),
    ]
    for (from, to, failure) in Values(refused) {
      try expectFailure(failure) { () throws(FileSystemError) in
        try files.rename(path(from), to: path(to))
      }
    }
    try expectTree(files)
    // Onto itself, by whatever letters.
    for (from, to) in Values(
      [
        ("/tmp/r/f", "/tmp/r/f"), ("/tmp/r/f", "/tmp/r/d/../f"), ("/tmp/r/d", "/tmp/r//d"),
      ] as [3 of (StaticString, StaticString)])
    {
      try doing { () throws(FileSystemError) in try files.rename(path(from), to: path(to)) }
    }
    try expectTree(files)
    try removeTree(files)
  }

  suite.fact("VFS_017_whatIsInTheWayIsReplacedByItsLike") { (_) throws(Unexpected) in
    try makeTree(files)
    let replaced = try doing { () throws(FileSystemError) in try files.open(path("/tmp/r/g")) }
    let moved = try doing { () throws(FileSystemError) in try files.open(path("/tmp/r/f")) }
    try doing { () throws(FileSystemError) in
      try files.rename(path("/tmp/r/f"), to: path("/tmp/r/g"))
      try files.rename(path("/tmp/r/d"), to: path("/tmp/r/empty"))
    }
    try expectFailure(.notFound) { () throws(FileSystemError) in
      try files.open(path("/tmp/r/f"))
    }
    let (now, open, gone, inside) = try doing { () throws(FileSystemError) in
      (
        try files.load(path("/tmp/r/g")), try moved.readAll(piece: 4096),
        try replaced.readAll(piece: 4096), try files.load(path("/tmp/r/empty/in/file"))
      )
    }
    try expectSame(now, pattern(10, seed: 2), "bytes under the new name")
    try expectSame(open, pattern(10, seed: 2), "bytes of the file that was moved")
    try expectSame(gone, pattern(20, seed: 3), "bytes of the file that was replaced")
    try expectSame(inside, pattern(30, seed: 4), "bytes in the directory that was moved")
    try doing { () throws(FileSystemError) in
      try files.rename(path("/tmp/r/empty"), to: path("/tmp/r/d"))
      try files.rename(path("/tmp/r/g"), to: path("/tmp/r/f"))
      try files.save(path("/tmp/r/g"), pattern(20, seed: 3))
      try files.makeDirectory(path("/tmp/r/empty"))
    }
    try expectTree(files)
    try removeTree(files)
  }

  suite.fact("VFS_018_aRemovedFileIsReadOn") { (_) throws(Unexpected) in
    let bytes = pattern(20_000)
    try doing { () throws(FileSystemError) in try files.save(path("/tmp/gone"), bytes) }
    let file = try doing { () throws(FileSystemError) in
      try files.open(path("/tmp/gone"), .write)
    }
    try doing { () throws(FileSystemError) in try files.remove(path("/tmp/gone")) }
    try expectFailure(.notFound) { () throws(FileSystemError) in
      try files.open(path("/tmp/gone"))
    }
    // Another of its name is another file.
    try doing { () throws(FileSystemError) in try files.save(path("/tmp/gone"), [1, 2, 3]) }
    let found = try doing { () throws(FileSystemError) in try file.readAll(piece: 4096) }
    try expectSame(found, bytes, "bytes of the removed file")
    _ = try doing { () throws(FileSystemError) in try file.write(at: 0, [0xaa]) }
    let other = try doing { () throws(FileSystemError) in try files.load(path("/tmp/gone")) }
    try expectSame(other, [1, 2, 3], "bytes of the new file")
    try doing { () throws(FileSystemError) in try files.remove(path("/tmp/gone")) }
  }

  suite.fact("VFS_018_itsSpaceReturnsWhenItIsNeeded") { (_) throws(Unexpected) in
    // Rounds that together need far more than there is.
    let file = try doing { () throws(FileSystemError) in
      try files.save(path("/tmp/old"), pattern(1000))
      return try files.open(path("/tmp/old"))
    }
    try doing { () throws(FileSystemError) in try files.remove(path("/tmp/old")) }
    let piece = pattern(FileSystemProtocol.mostBytes)
    for _ in 0..<12 {
      try doing { () throws(FileSystemError) in
        let big = try files.open(path("/tmp/big"), FileOptions.write.union(.create))
        for part in 0..<64 { _ = try big.write(at: UInt64(part * piece.count), piece) }
        try files.remove(path("/tmp/big"))
      }
    }
    // The first that was removed was the first to go.
    try expectFailure(.badFile) { () throws(FileSystemError) in try file.read(at: 0, count: 1) }
    try expectFailure(.badFile) { () throws(FileSystemError) in try file.currentStatus() }
  }
}

private func makeTree(_ files: Files) throws(Unexpected) {
  try doing { () throws(FileSystemError) in
    for name in Values(
      [
        path("/tmp/r"), path("/tmp/r/d"), path("/tmp/r/d/in"), path("/tmp/r/empty"),
      ] as [4 of [UInt8]])
    { try files.makeDirectory(name) }
    try files.save(path("/tmp/r/f"), pattern(10, seed: 2))
    try files.save(path("/tmp/r/g"), pattern(20, seed: 3))
    try files.save(path("/tmp/r/d/in/file"), pattern(30, seed: 4))
  }
}

private func expectTree(_ files: Files, line: UInt = #line) throws(Unexpected) {
  let (first, second, third, names) = try doing(line: line) { () throws(FileSystemError) in
    (
      try files.load(path("/tmp/r/f")), try files.load(path("/tmp/r/g")),
      try files.load(path("/tmp/r/d/in/file")),
      try files.open(path("/tmp/r")).listAll(room: 4096)
    )
  }
  try expectSame(first, pattern(10, seed: 2), "bytes of the first file", line: line)
  try expectSame(second, pattern(20, seed: 3), "bytes of the second file", line: line)
  try expectSame(third, pattern(30, seed: 4), "bytes of the third file", line: line)
  try expect(UInt64(names.count), equals: 4, "names", line: line)
}

private func removeTree(_ files: Files) throws(Unexpected) {
  try doing { () throws(FileSystemError) in
    for name in Values(
      [
        path("/tmp/r/f"), path("/tmp/r/g"), path("/tmp/r/d/in/file"), path("/tmp/r/d/in"),
        path("/tmp/r/d"), path("/tmp/r/empty"), path("/tmp/r"),
      ] as [7 of [UInt8]])
    { try files.remove(name) }
  }
}
