import Foundation
import Testing

@testable import KernelCore

/// Whether the cases of this folder go through every place where the kernel can find too little.
@Suite struct AllocationSiteTests {
  private struct Place: Hashable, Comparable, CustomStringConvertible {
    let file: String
    let callee: String
    var description: String { "\(file): \(callee)" }
    static func < (left: Place, right: Place) -> Bool { left.description < right.description }
  }

  /// How often each callee is called in each file of kernel/core.
  private static func placesInSources() throws -> [Place: Int] {
    let folder = URL(filePath: #filePath).resolvingSymlinksInPath()
      .deletingLastPathComponent().appending(path: "../../../core").standardized
    let files = try #require(
      FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
    var places: [Place: Int] = [:]
    for case let url as URL in files where url.pathExtension == "swift" {
      let file = String(url.path.dropFirst(folder.path.count + 1))
      for line in try String(contentsOf: url, encoding: .utf8).split(separator: "\n") {
        let code = line.drop { $0 == " " }
        guard !code.hasPrefix("//"), !code.contains("func ") else { continue }
        for callee in AllocationSite.callees where calls(callee, in: code) {
          places[Place(file: file, callee: callee), default: 0] += 1
        }
      }
    }
    return places
  }

  /// Whether a line calls a function of exactly this name.
  private static func calls(_ callee: String, in code: Substring) -> Bool {
    var rest = code
    while let range = rest.range(of: callee) {
      let isWhole = callee.first.map { !$0.isLetter } ?? false
      let before = rest[..<range.lowerBound].last
      if isWhole || before.map({ !$0.isLetter && $0 != "." }) ?? true { return true }
      rest = rest[range.upperBound...]
    }
    return false
  }

  @Test func `RES_001 everySiteIsListed`() throws {
    let found = try Self.placesInSources()
    var listed: [Place: Int] = [:]
    for site in AllocationSite.all {
      listed[Place(file: site.file, callee: site.callee), default: 0] += site.witnesses.count
    }
    for place in Set(found.keys).union(listed.keys).sorted() {
      #expect(found[place] == listed[place], "\(place)")
    }
  }

  /// Each witness takes what it is to show the lack of; the sweeps of this folder then have each
  /// frame and object that a case takes missing once.
  @Test func `RES_001 everyWitnessTakesWhatItIsFor`() {
    var takes: [String: [KernelDigest.Kind: Int]] = [:]
    for site in AllocationSite.all {
      for witness in site.witnesses {
        guard let (name, base, kind) = Self.subject(of: witness) else { continue }
        let taken = takes[name] ?? ExhaustionSweep(name, base()).takes
        takes[name] = taken
        #expect(taken[kind] ?? 0 > 0, "\(site.file): \(site.callee): \(name): no \(kind)")
      }
    }
  }

  private static func subject(
    of witness: AllocationSite.Witness
  ) -> (name: String, base: () -> Exhaustible, kind: KernelDigest.Kind)? {
    switch witness {
    case .call(let call):
      return ("\(call)", { CapabilityExhaustionTests.prepare(call) }, .slot)
    case .create(let type, let table, let kind):
      let shape = CreateExhaustionTests.Shape(
        type: type, slabs: table == .full ? .full : .none, table: table)
      return ("create \(shape)", { CreateExhaustionTests.prepare(shape) }, kind)
    case .memory(let shape, let kind):
      return ("memory \(shape)", { MemoryExhaustionTests.prepare(shape) }, kind)
    case .map(let kind):
      let shape = MappingExhaustionTests.Shape(levelCount: 3, missing: 2)
      return ("map", { MappingExhaustionTests.prepare(shape) }, kind)
    case .mapForDevice:
      return ("map for a device", { MappingExhaustionTests.prepareDevice(.full) }, .mapping)
    case .exchange(let exchange):
      let shape = MessageExhaustionTests.Shape(exchange: exchange, acceptance: .any)
      return ("\(shape)", { MessageExhaustionTests.prepare(shape) }, .slot)
    case .wait(let wait): return ("\(wait)", { WaitExhaustionTests.prepare(wait) }, .slot)
    case .boot, .fullTable, .never: return nil
    }
  }
}
