import Foundation
import MnosABI
import Testing

@testable import KernelCore

/// What each waiter sees when something goes: the tables under ENDS on the manual's object pages,
/// row by row. A row without a check here is an error, and a check without a row.
@Suite struct ObjectEndTests {
  /// A row: the object's page, and what goes.
  struct Row: Hashable, Sendable, CustomStringConvertible {
    let page: String
    let goes: String
    var description: String { "\(page): \(goes)" }
  }
  typealias Check = @Sendable () -> Void

  static let checks: [Row: Check] = {
    let pages = [
      "budget": budgetEnds, "dmaSpace": dmaSpaceEnds, "endpoint": endpointEnds,
      "interrupt": interruptEnds, "machine": machineEnds, "memory": memoryEnds,
      "notification": notificationEnds, "portRange": portRangeEnds, "process": processEnds,
      "reply": replyEnds, "thread": threadEnds,
    ]
    var checks: [Row: Check] = [:]
    for (page, rows) in pages {
      for (goes, check) in rows { checks[Row(page: page, goes: goes)] = check }
    }
    return checks
  }()

  /// The rows that the manual has.
  private func manualRows() throws -> Set<Row> {
    let folder = URL(filePath: #filePath).resolvingSymlinksInPath()
      .deletingLastPathComponent().appending(path: "../../../../docs/manual/objects")
    var rows: Set<Row> = []
    for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
      let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
      var isUnderEnds = false
      for line in text.split(separator: "\n") {
        if line.hasPrefix("## ") { isUnderEnds = line == "## ENDS" }
        let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        guard isUnderEnds, line.hasPrefix("|"), cells.count == 2 else { continue }
        guard cells[0] != "what goes", cells[0] != "---" else { continue }
        rows.insert(Row(page: String(file.dropLast(3)), goes: cells[0]))
      }
      #expect(text.contains("\n## ENDS\n"), "\(file) does not say what its waiters see")
    }
    return rows
  }

  @Test func everyRowIsCheckedAndEveryCheckIsARow() throws {
    let rows = try manualRows()
    let checked = Set(Self.checks.keys)
    #expect(rows.subtracting(checked) == [])
    #expect(checked.subtracting(rows) == [])
  }

  @Test(arguments: checks.keys.sorted { $0.description < $1.description })
  func waitersSeeWhatTheManualSays(row: Row) throws {
    let check = try #require(Self.checks[row])
    check()
  }
}

/// Three ways for a capability to leave the table in which somebody waits through it.
enum Loss: CaseIterable {
  case delete, move, revoke
}

extension TestMachine {
  /// Takes a capability that init gave from the process of `actor`, which acts itself unless it is
  /// revoked.
  func lose(_ handle: Handle, of actor: Actor, by loss: Loss, from original: Handle) {
    switch loss {
    case .delete: #expect(delete(actor, handle).status == .ok)
    case .move: #expect(move(actor, handle).status == .ok)
    case .revoke: #expect(revoke(initial, original).status == .ok)
    }
  }

  func processState(_ process: Handle) -> UInt64? { query(initial, process)?[0] }
}
