/// Which case of the conformance list is tested where, and how that ended.
///
/// Tests say by their names which cases they check; see docs/conformance.md.
public struct ConformanceTable: Sendable {
  /// A case of the list.
  struct Case: Sendable, Equatable {
    /// As in `CAP-001`.
    let id: String
    let isOnHost: Bool
    let isBooted: Bool
  }

  /// How a case stands in one column.
  enum Mark: String {
    case passed = "ok"
    case failed = "FAIL"
    /// Tests of it exist, and none applies or could be run.
    case notRun = "n/a"
    /// It is to be tested there, and no test says that it does.
    case missing = "none"
    /// It is not to be tested there.
    case notWanted = "-"
  }

  let cases: [Case]

  /// - Parameter list: The text of docs/conformance.md: rows that begin with an id and where it is
  ///   tested.
  public init(list: String) {
    cases = list.split(separator: "\n").compactMap { line in
      let cells = line.split(separator: "|").map { $0.trimmed }
      guard cells.count >= 3, Self.ids(in: cells[0], separator: "-") == [cells[0]] else { return nil }
      guard ["H", "Q", "B", "S"].contains(cells[1]) else { return nil }
      return Case(
        id: cells[0], isOnHost: "HB".contains(cells[1]), isBooted: "QB".contains(cells[1]))
    }
  }

  /// The ids that a text names, as in `CAP-001`.
  ///
  /// - Parameter separator: Between letters and digits.
  public static func ids(in text: some StringProtocol, separator: Character = "_") -> [String] {
    let characters = Array(text)
    return characters.indices.compactMap { start in
      guard characters.count >= start + 7, characters[start + 3] == separator else { return nil }
      guard start == 0 || !characters[start - 1].isLetter else { return nil }
      let (area, number) = (characters[start..<start + 3], characters[start + 4..<start + 7])
      let isID = area.allSatisfy { $0.isASCII && $0.isUppercase } && number.allSatisfy(\.isNumber)
      return isID ? String(area) + "-" + String(number) : nil
    }
  }

  /// The table, a line for each case, and what there is of each column.
  ///
  /// - Parameters:
  ///   - columns: What was found out on the host and on each architecture. A column that is not
  ///     there was not run.
  ///   - isWhole: Whether all tests were to run; else cases of which none did are left out.
  public func lines(
    _ columns: [(name: String, report: TestReport)], isWhole: Bool
  ) -> [String] {
    let marks = columns.map { self.marks(of: $0.report, isHost: $0.name == "host") }
    let widths = columns.map { max($0.name.count, 4) + 2 }
    var lines = [row("case", zip(columns.map(\.name), widths))]
    let unsaid: [Mark] = isWhole ? [.notWanted] : [.notWanted, .missing]
    for one in cases where marks.contains(where: { !unsaid.contains($0[one.id] ?? .notWanted) }) {
      lines.append(row(one.id, zip(marks.map { ($0[one.id] ?? .notWanted).rawValue }, widths)))
    }
    for (column, marks) in zip(columns, marks) {
      let wanted = marks.values.filter { !unsaid.contains($0) }
      let passed = wanted.count { $0 == .passed }
      lines.append("\(column.name): \(passed) of \(wanted.count) cases passed")
    }
    let waiting = cases.count { !$0.isOnHost && !$0.isBooted }
    if isWhole, waiting > 0 { lines.append("\(waiting) cases need several CPUs and are not tested") }
    return lines
  }

  /// What is wrong with the table itself: cases without a test, tests of cases that nobody listed.
  public func judge(_ columns: [(name: String, report: TestReport)]) -> TestReport {
    var report = TestReport()
    let known = Set(cases.map(\.id))
    for (name, found) in columns {
      let marks = marks(of: found, isHost: name == "host")
      for one in cases where marks[one.id] == .missing {
        report.fail("\(name) \(one.id)", "no test bears this id; docs/conformance.md wants one")
      }
      for id in Set(found.names.flatMap { Self.ids(in: $0) }).subtracting(known).sorted() {
        report.fail("\(name) \(id)", "docs/conformance.md has no such case")
      }
    }
    return report
  }

  private func marks(of report: TestReport, isHost: Bool) -> [String: Mark] {
    let passed = Set(report.passedNames.flatMap { Self.ids(in: $0) })
    let failed = Set(report.failures.flatMap { Self.ids(in: $0.name) })
    let notRun = Set((report.inapplicable + report.skipped).flatMap { Self.ids(in: $0.name) })
    var marks: [String: Mark] = [:]
    for one in cases {
      let isWanted = isHost ? one.isOnHost : one.isBooted
      marks[one.id] =
        failed.contains(one.id)
        ? .failed
        : passed.contains(one.id)
          ? .passed : notRun.contains(one.id) ? .notRun : isWanted ? .missing : .notWanted
    }
    return marks
  }

  private func row(_ first: String, _ cells: some Sequence<(String, Int)>) -> String {
    var line = first.padded(to: 9)
    for (cell, width) in cells { line += cell.padded(to: width) }
    return String(line.reversed().drop { $0 == " " }.reversed())
  }
}

extension StringProtocol {
  fileprivate var trimmed: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
