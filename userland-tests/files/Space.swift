import Libmnos
import TestHarness

/// What happens when no space is left.
func checkSpace(_ suite: inout TestSuite, _ files: Files) {
  suite.fact("VFS_023_whatDoesNotFitLeavesTheFileAsItWas") { (_) throws(Unexpected) in
    try doing { () throws(FileSystemError) in try files.save(path("/tmp/kept"), pattern(5000)) }
    let file = try doing { () throws(FileSystemError) in
      try files.open(path("/tmp/full"), FileOptions.write.union(.create))
    }
    let piece = pattern(FileSystemProtocol.mostBytes, seed: 5)
    let end = try fill(file, with: piece)

    let status = try doing { () throws(FileSystemError) in try file.currentStatus() }
    try expect(status.byteCount, equals: end, "bytes of the file that is full")
    try expectFailure(.noSpace) { () throws(FileSystemError) in
      try file.write(at: end, piece)
    }
    try expectFailure(.noSpace) { () throws(FileSystemError) in
      try file.setByteCount(end + 1 << 20)
    }
    // One page is left at most, and what is there can be read and changed.
    for offset in stride(from: UInt64(0), to: end, by: 512 << 10) {
      let found = try doing { () throws(FileSystemError) in
        try file.read(at: offset, count: piece.count)
      }
      try expectSame(found, Array(piece[0..<found.count]), "bytes of the file that is full")
    }
    let kept = try doing { () throws(FileSystemError) in try files.load(path("/tmp/kept")) }
    try expectSame(kept, pattern(5000), "bytes of another file")
    _ = try doing { () throws(FileSystemError) in try file.write(at: 0, [1, 2, 3]) }
    try doing { () throws(FileSystemError) in
      try file.setByteCount(end / 2)
      try files.save(path("/tmp/other"), pattern(100_000))
      for name in Values([path("/tmp/full"), path("/tmp/kept"), path("/tmp/other")]) {
        try files.remove(name)
      }
    }
  }

  suite.fact("VFS_023_withoutNamesLeftNothingIsHalfMade") { (_) throws(Unexpected) in
    try doing { () throws(FileSystemError) in try files.save(path("/tmp/kept"), pattern(50)) }
    var directoryCount = 0
    var isFull = false
    var lastCount = 0
    while !isFull, directoryCount < 200 {
      isFull = try !make(path("/tmp/n", directoryCount), files)
      guard !isFull else { break }
      directoryCount += 1
      lastCount = 0
      for number in 0..<64 where !isFull {
        isFull = try !make(path("/tmp/n", directoryCount - 1) + path("/", number), files)
        if !isFull { lastCount += 1 }
      }
    }
    try expect(isFull, "names do not run out")
    try expectFailure(.noSpace) { () throws(FileSystemError) in
      try files.open(path("/tmp/more"), FileOptions.write.union(.create))
    }
    try expectFailure(.notFound) { () throws(FileSystemError) in
      try files.status(path("/tmp/more"))
    }
    let (kept, last) = try doing { () throws(FileSystemError) in
      (
        try files.load(path("/tmp/kept")),
        try files.open(path("/tmp/n", directoryCount - 1)).listAll(room: 4096)
      )
    }
    try expectSame(kept, pattern(50), "bytes of a file")
    try expect(UInt64(last.count), equals: UInt64(lastCount), "names in the last directory")
    for index in 0..<directoryCount {
      let inside = index == directoryCount - 1 ? lastCount : 64
      try doing { () throws(FileSystemError) in
        for number in 0..<inside { try files.remove(path("/tmp/n", index) + path("/", number)) }
        try files.remove(path("/tmp/n", index))
      }
    }
    try doing { () throws(FileSystemError) in
      try files.save(path("/tmp/more"), pattern(50))
      try files.remove(path("/tmp/more"))
      try files.remove(path("/tmp/kept"))
    }
  }
}

/// Writes the same piece again and again.
///
/// - Returns: Where the file ends, once a write was refused.
private func fill(_ file: File, with piece: [UInt8]) throws(Unexpected) -> UInt64 {
  var end: UInt64 = 0
  while end < 1 << 30 {
    var failure: FileSystemError?
    do throws(FileSystemError) {
      end += UInt64(try file.write(at: end, piece))
    } catch {
      failure = error
    }
    guard let failure else { continue }
    try expect(failure.rawValue, equals: FileSystemError.noSpace.rawValue, "why it is full")
    return end
  }
  try expect(false, "a file of 1 GiB was written")
  return end
}

/// - Returns: false if there is no space for the name.
private func make(_ name: [UInt8], _ files: Files) throws(Unexpected) -> Bool {
  do throws(FileSystemError) {
    try files.makeDirectory(name)
    return true
  } catch {
    try expect(error.rawValue, equals: FileSystemError.noSpace.rawValue, "why it was not made")
    return false
  }
}
