import Foundation

/// Keeps two commands, of this process or of two, from working in one folder at a time.
public enum FolderLock {
  /// Does `body` while nobody else works in `folder`; says so if that has to be waited for.
  ///
  /// The lock is the file `folder`.lock beside it, and goes with the process that holds it,
  /// however that ends. Where the file system has no locks, nothing is kept from anybody.
  public static func holding<Result>(
    _ folder: String, _ body: () throws(ToolFailure) -> Result
  ) throws(ToolFailure) -> Result {
    try Files.makeFolder(URL(fileURLWithPath: folder).deletingLastPathComponent().path)
    // Not passed on: a command that outlives this one must not keep the lock.
    // SAFETY: the path is a string's own C string, read during the call only.
    let file = unsafe open(folder + ".lock", O_CREAT | O_RDWR | O_CLOEXEC, 0o666)
    defer { if file >= 0 { close(file) } }
    if file >= 0, flock(file, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
      Report.progress("another command is building in \(folder); waiting for it ...")
      while flock(file, LOCK_EX) != 0, errno == EINTR {}
    }
    return try body()
  }
}
