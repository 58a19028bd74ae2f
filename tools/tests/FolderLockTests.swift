import Foundation
import Testing
import ToolSupport

/// Two commands that build in one folder wait for each other.
@Suite struct FolderLockTests {
  @Test func onlyOneWorksAtATime() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let counter = folder.appending(path: "counter").path
    try Files.write("0", to: counter)

    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      for _ in 0..<25 {
        // Read and write again: without the lock some of it would be lost.
        try? FolderLock.holding(folder.appending(path: "build").path) { () throws(ToolFailure) in
          let count = Int(try Files.text(of: counter)) ?? 0
          try Files.write("\(count + 1)", to: counter)
        }
      }
    }

    #expect(try Files.text(of: counter) == "200")
  }

  @Test func theLockGoesWithAFailure() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: folder + ".lock") }
    for _ in 0..<2 {
      #expect(throws: ToolFailure.self) {
        try FolderLock.holding(folder) { () throws(ToolFailure) in throw ToolFailure("no") }
      }
    }
  }
}
