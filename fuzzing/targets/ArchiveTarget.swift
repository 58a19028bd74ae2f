import FuzzHarness
import Libmnos
import LibmnosHost

@testable import InitramfsService

/// Archives, as the kernel's first process and the service of their files read them.
enum ArchiveTarget {
  static let target: FuzzTarget = {
    var target = FuzzTarget("tar", "archives", mostBytes: 32 << 10) {
      (bytes) throws(BrokenPromise) in try outcome(of: bytes)
    }
    target.seeds = { ArchiveSeeds.all }
    target.headers = headers
    target.recognise = { file in
      let isArchive = file.count >= 512 && Array(file[257..<262]) == Array("ustar".utf8)
      return isArchive ? file : nil
    }
    return target
  }()

  /// The same with the checksums made right, so that damage behind them is reached.
  static let sealed: FuzzTarget = {
    var target = FuzzTarget(
      "tar-sealed", "archives whose checksums are right", mostBytes: 32 << 10, sibling: "tar"
    ) { (bytes) throws(BrokenPromise) in
      var bytes = bytes
      for start in headers(bytes).map(\.lowerBound) { TarBlock.seal(&bytes, at: start) }
      return try outcome(of: bytes)
    }
    target.headers = headers
    return target
  }()

  /// Blocks that look like headers.
  @Sendable private static func headers(_ bytes: [UInt8]) -> [Range<Int>] {
    stride(from: 0, to: bytes.count - bytes.count % 512, by: 512).filter { start in
      bytes[start + 257..<start + 262].elementsEqual("ustar".utf8)
    }.map { $0..<$0 + 512 }
  }

  static func outcome(of bytes: [UInt8]) throws(BrokenPromise) -> FuzzOutcome {
    var reader = TarReader()
    var entries: [TarEntry] = []
    let failure: TarError?
    do throws(TarError) {
      while let entry = try reader.next(in: bytes.span) {
        entries.append(entry)
        // Each entry has a header of its own.
        precondition(entries.count <= bytes.count / 512, "more entries than headers")
      }
      failure = nil
    } catch {
      failure = error
    }
    var last: TarEntry?
    for entry in entries {
      try check(entry, behind: last, in: bytes)
      last = entry
    }
    if let failure { return .refused(try refusal(failure, reader, of: bytes)) }
    try promise(reader.staysAtEnd(in: bytes), "something behind the end")
    return try mounted(bytes, entries)
  }

  /// What is said of an archive that is refused, by each way to read it.
  private static func refusal(
    _ failure: TarError, _ reader: TarReader, of bytes: [UInt8]
  ) throws(BrokenPromise) -> String {
    try promise((0...bytes.count).contains(failure.offset), "the fault is outside the archive")
    try promise(reader.refusal(in: bytes) == failure, "another fault the second time")
    do throws(ArchiveFailure) {
      _ = try ArchiveFileSystem(HeldBytes(bytes: bytes))
    } catch {
      // A name that is file and directory is found on the way to the fault.
      if case .malformed(let found) = error {
        try promise(found == failure, "the file system finds another fault")
      }
      return "\(failure.problem.text)"
    }
    throw BrokenPromise("the file system takes what the reader refuses")
  }

  private static func check(
    _ entry: TarEntry, behind last: TarEntry?, in bytes: [UInt8]
  ) throws(BrokenPromise) {
    try promise(entry.dataOffset % 512 == 0, "data off a block's start")
    try promise(
      entry.dataOffset >= (last.map { $0.dataOffset + $0.byteCount + 512 } ?? 512),
      "an entry inside another")
    try promise(
      entry.byteCount >= 0 && entry.byteCount <= bytes.count - entry.dataOffset,
      "data outside the archive")
    try promise(entry.kind == .file || entry.byteCount == 0, "a directory with data")
    let name = entry.name.bytes(in: bytes.span)
    try promise(name.count <= TarName.maximumByteCount, "a name too long")
    guard !name.isEmpty else { return try promise(entry.kind == .directory, "a file of no name") }
    try promise(String(validating: name, as: UTF8.self) != nil, "a name that is no text")
    try promise(!name.contains { $0 < 0x20 || $0 == 0x7f }, "a control character in a name")
    for part in name.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
      let text = String(decoding: part, as: UTF8.self)
      try promise(!["", ".", ".."].contains(text), "a name leads out of the root: '\(text)'")
      try promise(part.count <= TarName.maximumPartByteCount, "a part of a name too long")
    }
  }

  /// The archive as a file system: each file is found by its name, and the last of a name counts.
  private static func mounted(
    _ bytes: [UInt8], _ entries: [TarEntry]
  ) throws(BrokenPromise) -> FuzzOutcome {
    let files: ArchiveFileSystem<HeldBytes>
    do throws(ArchiveFailure) {
      files = try ArchiveFileSystem(HeldBytes(bytes: bytes))
    } catch {
      guard case .conflict = error else { throw BrokenPromise("mounting fails: \(error)") }
      return .refused("a name is a file and a directory")
    }
    for entry in entries.suffix(64) where entry.kind == .file {
      let name = entry.name.bytes(in: bytes.span)
      guard let found = try? TarArchive.find(name.span, in: bytes.span) else {
        throw BrokenPromise("a name in the archive is not found")
      }
      // A path takes a byte less than a name: see `FilePath`.
      guard let path = try? FilePath(resolving: name.span) else { continue }
      guard let node = try? files.find(path), let place = try? files.place(of: node) else {
        throw BrokenPromise("a name in the archive is not in the file system")
      }
      try promise(
        place == (found.dataOffset, found.byteCount), "two readings of which entry counts")
    }
    return .accepted("\(entries.count) entries")
  }
}

struct HeldBytes: ArchiveBytes {
  let bytes: [UInt8]

  func withBytes<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
    try body(bytes.span)
  }
}

extension TarReader {
  /// The fault that comes next; nil if an entry does, or the end.
  fileprivate func refusal(in bytes: [UInt8]) -> TarError? {
    var reader = self
    do throws(TarError) {
      _ = try reader.next(in: bytes.span)
      return nil
    } catch {
      return error
    }
  }

  /// Whether a reader that came to the end stays there when it is asked again.
  fileprivate func staysAtEnd(in bytes: [UInt8]) -> Bool {
    var reader = self
    do throws(TarError) {
      return try reader.next(in: bytes.span) == nil
    } catch {
      return false
    }
  }
}
