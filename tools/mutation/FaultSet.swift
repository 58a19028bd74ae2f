import ToolSupport

/// The faults of a run: the reviewed ones, and a sample of those made by rule.
public struct FaultSet: Sendable {
  public private(set) var faults: [Fault] = []
  /// Faults that overlap others, and so are not planted.
  public private(set) var crossing: [Fault] = []
  /// How many the rules make, of which the sample is one part; 0 if none was asked for.
  public private(set) var ruleCount = 0

  public static let listFolder = "tools/mutation/faults"

  /// - Parameters:
  ///   - root: The project's folder.
  ///   - sample: How many made by rule are taken.
  public init(root: String, sample: Int) throws(ToolFailure) {
    var list = FaultList()
    for name in Files.names(in: "\(root)/\(Self.listFolder)") where name.hasSuffix(".txt") {
      let path = "\(Self.listFolder)/\(name)"
      try list.read(try Files.text(of: "\(root)/\(path)"), path: path)
    }
    let files = MutatedTree.sources(root: root)
    var texts: [String: String] = [:]
    for file in files { texts[file] = try Files.text(of: "\(root)/\(file)") }
    let reviewed = try list.faults { texts[$0] }
    // The rules read every file: not where nothing of theirs is wanted.
    let made = sample > 0 ? files.flatMap { FaultRules.faults(of: $0, texts[$0] ?? "") } : []
    ruleCount = made.count
    let reasons = list.equivalents
    let chosen = made.sorted { $0.rank < $1.rank }.prefix(sample).map { fault in
      var fault = fault
      fault.equivalent = reasons["\(fault.file): \(fault.name)"]
      return fault
    }
    let order = Dictionary(uniqueKeysWithValues: files.enumerated().map { ($1, $0) })
    add(
      reviewed
        + chosen.sorted {
          (order[$0.file] ?? 0, $0.range.lowerBound, $0.name)
            < (order[$1.file] ?? 0, $1.range.lowerBound, $1.name)
        })
  }

  private mutating func add(_ all: [Fault]) {
    crossing = Dictionary(grouping: all, by: \.file).values.flatMap { Schema.crossing($0) }
    faults = all.filter { !crossing.contains($0) }
  }

  /// The faults by number, from 1.
  public var numbered: [Int: Fault] {
    Dictionary(uniqueKeysWithValues: faults.enumerated().map { ($0 + 1, $1) })
  }
}
