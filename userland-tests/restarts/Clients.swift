import Libmnos

/// Reads a file of the archive, whole, each time.
final class FileReader: Repeatable {
  private let files: FileClient
  private var expected: [UInt8] = []
  /// Reads that brought something else than the first one.
  private(set) var wrongCount: UInt64 = 0

  init(_ service: consuming SendEndpoint) {
    files = FileClient(service)
    expected = (try? read("/etc/motd")) ?? []
  }

  /// How many kills there are to be: as the file of that name says, or 30.
  func wantedKills() -> UInt64 {
    var number: UInt64 = 0
    for byte in (try? read("/samples/kills")) ?? [] where (0x30...0x39).contains(byte) {
      number = number * 10 + UInt64(byte - 0x30)
    }
    return number == 0 ? 30 : number
  }

  func attempt() -> Attempt {
    do throws(FileSystemError) {
      if try read("/etc/motd") != expected || expected.isEmpty { wrongCount += 1 }
      return .worked
    } catch {
      return error == .gone ? .gone : .other
    }
  }

  private func read(_ path: StaticString) throws(FileSystemError) -> [UInt8] {
    var text: [UInt8] = []
    text.write(path)
    let file = try files.open(text.span)
    var bytes = [UInt8](repeating: 0, count: Int(file.status.byteCount))
    var count = 0
    while count < bytes.count {
      var span = bytes.mutableSpan
      var part = span._mutatingExtracting(count..<span.count)
      let piece = try file.read(at: UInt64(count), into: &part)
      guard piece > 0 else { break }
      count += piece
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }
}

/// Asks the console whether all was shown.
final class ConsoleAsker: Repeatable {
  private let console: Client<ConsoleProtocol>

  init(_ console: consuming Client<ConsoleProtocol>) { self.console = console }

  func attempt() -> Attempt {
    do throws(CallFailure<ConsoleProtocol.Failure>) {
      _ = try console.call(.flush)
      return .worked
    } catch {
      if case .kernel(.peerGone) = error { return .gone }
      return .other
    }
  }
}

/// Waits for what is typed, which is nothing: each of its calls is received, and ends with the
/// console.
final class ConsoleReader: Repeatable {
  private let console: Client<ConsoleProtocol>

  init(_ console: consuming Client<ConsoleProtocol>) { self.console = console }

  func attempt() -> Attempt {
    do throws(CallFailure<ConsoleProtocol.Failure>) {
      _ = try console.call(.read)
      return .worked
    } catch {
      if case .kernel(.peerGone) = error { return .gone }
      return .other
    }
  }
}
