import LibmnosHost
import Testing

@testable import Libmnos

/// Expects that `entry` between two good files is refused, and that nothing of it or behind it
/// appears.
///
/// - Parameter offset: Where the header at fault is in `entry`.
func expectRefused(
  _ entry: [UInt8], as problem: TarProblem, at offset: Int = 0,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let archive = TarBlock.archive([entry])
  var reader = TarReader()
  let (names, error) = entries(in: archive, &reader)

  #expect(names == ["before"], sourceLocation: sourceLocation)
  #expect(error == TarError(problem, at: 512 + offset), sourceLocation: sourceLocation)
  // It goes no further when asked again.
  #expect(entries(in: archive, &reader) == ([], error), sourceLocation: sourceLocation)
}

/// Expects that a whole archive is refused.
func expect(
  _ archive: [UInt8], is problem: TarProblem, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(throws: problem, sourceLocation: sourceLocation) {
    try problemOf { try TarArchive.check(archive.span) }
  }
}

/// The names of an archive up to its first problem, and that.
func entries(
  in archive: [UInt8], _ reader: inout TarReader
) -> (names: [String], error: TarError?) {
  var names: [String] = []
  do throws(TarError) {
    while let entry = try reader.next(in: archive.span) {
      names.append(String(decoding: entry.name.bytes(in: archive.span), as: UTF8.self))
    }
    return (names, nil)
  } catch {
    return (names, error)
  }
}

func entries(in archive: [UInt8]) -> (names: [String], error: TarError?) {
  var reader = TarReader()
  return entries(in: archive, &reader)
}
