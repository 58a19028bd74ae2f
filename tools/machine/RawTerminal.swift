import Foundation
import Synchronization

/// The user's terminal, handing over every key as it is pressed, until it is restored.
///
/// It is restored when this ends, and also when the process is told to end by a signal.
final class RawTerminal {
  private static let saved = Mutex<termios?>(nil)

  /// - Returns: nil if standard input is not a terminal.
  init?() {
    var settings = termios()
    // SAFETY: both calls fill or read the local structure and keep no reference to it.
    guard isatty(STDIN_FILENO) == 1, unsafe tcgetattr(STDIN_FILENO, &settings) == 0 else {
      return nil
    }
    Self.saved.withLock { $0 = settings }
    for number in [SIGTERM, SIGHUP, SIGINT] { Self.restoreOn(number) }
    // SAFETY: as above.
    unsafe cfmakeraw(&settings)
    _ = unsafe tcsetattr(STDIN_FILENO, TCSANOW, &settings)
  }

  deinit { Self.restore() }

  /// Puts the terminal back as it was; does nothing if it already is.
  static func restore() {
    saved.withLock { settings in
      guard var before = settings else { return }
      // SAFETY: the call reads the local structure and keeps no reference to it.
      _ = unsafe tcsetattr(STDIN_FILENO, TCSANOW, &before)
      settings = nil
    }
  }

  private static func restoreOn(_ number: Int32) {
    _ = signal(number) { received in
      RawTerminal.restore()
      _exit(128 + received)
    }
  }
}
