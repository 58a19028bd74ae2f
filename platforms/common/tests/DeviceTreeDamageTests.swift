import PlatformCommon
import PlatformTesting
import Testing

/// Trees that are not sound: each is refused for its reason, and none does harm.
@Suite struct DeviceTreeDamageTests {
  /// The error that parsing ends with; nil if there is none.
  private func error(_ bytes: [UInt8]) -> DeviceTreeError? {
    do throws(DeviceTreeError) {
      _ = try DeviceTreeTests.parse(bytes)
      return nil
    } catch {
      return error
    }
  }

  // MARK: Bad headers

  /// Writes a word of the header.
  private func header(_ index: Int, _ value: UInt32) -> [UInt8] {
    var bytes = BoardTree().build().bytes()
    bytes.replaceSubrange(index * 4..<index * 4 + 4, with: TreeBuilder.bigEndian(value))
    return bytes
  }

  @Test func wrongMagicIsNotFound() {
    #expect(error(header(0, 0xd00d_feee)) == .notFound)
  }

  @Test(arguments: [0, 39, 0x7fff_ffff, UInt32.max])
  func impossibleTotalIsNotFound(total: UInt32) {
    #expect(error(header(1, total)) == .notFound)
  }

  @Test func totalPastTheMemoryIsNotFound() {
    let bytes = BoardTree().build().bytes()

    #expect(error(header(1, UInt32(bytes.count) + 1)) == .notFound)
    #expect(error(Array(bytes.prefix(39))) == .notFound)
    #expect(error([]) == .notFound)
  }

  @Test(
    arguments: [
      (2, 57), (2, 0), (2, 36), (2, UInt32.max), (2, 0xffff_fffc),  // structure
      (3, 0), (3, 39), (3, UInt32.max), (3, 60),  // strings; the last overlaps
      (4, 41), (4, 0), (4, UInt32.max),  // reserved memory
      (5, 16), (6, 18), (6, UInt32.max),  // versions
      (8, UInt32.max), (9, UInt32.max), (9, 0x8000_0000),  // sizes
    ] as [(Int, UInt32)])
  func badHeaderIsRefused(index: Int, value: UInt32) {
    #expect(error(header(index, value)) == .badHeader)
  }

  // MARK: Bad structures

  private func errorOfStructure(_ write: (inout TreeBuilder) -> Void) -> DeviceTreeError? {
    var builder = TreeBuilder()
    write(&builder)
    return error(builder.bytes(addingEnd: false))
  }

  @Test func emptyStructureIsRefused() {
    #expect(errorOfStructure { _ in } == .badToken)
    #expect(errorOfStructure { $0.word(9) } == .badNesting)
  }

  @Test(arguments: [0, 5, 8, 10, UInt32.max])
  func unknownTokenIsRefused(token: UInt32) {
    let error = errorOfStructure {
      $0.begin("")
      $0.word(token)
      $0.end()
      $0.word(9)
    }

    #expect(error == .badToken)
  }

  @Test func missingEndIsRefused() {
    #expect(errorOfStructure { $0.begin("") } == .badToken)
    #expect(
      errorOfStructure {
        $0.begin("")
        $0.end()
      } == .badToken)
    #expect(
      errorOfStructure {
        $0.begin("")
        $0.word(9)
      } == .badNesting)
  }

  @Test func endWithoutBeginIsRefused() {
    #expect(
      errorOfStructure {
        $0.end()
        $0.word(9)
      } == .badNesting)
  }

  @Test func secondRootIsRefused() {
    let error = errorOfStructure {
      $0.node("") { _ in }
      $0.node("") { _ in }
      $0.word(9)
    }

    #expect(error == .badNesting)
  }

  @Test func propertyOutsideAndAfterNodesIsRefused() {
    #expect(errorOfStructure { $0.property("a", cells: 1) } == .badNesting)
    #expect(
      errorOfStructure {
        $0.begin("")
        $0.node("child") { _ in }
        $0.property("late", cells: 1)
        $0.end()
        $0.word(9)
      } == .badNesting)
  }

  @Test(arguments: [(15, nil), (16, .tooDeep), (10_000, .tooDeep)] as [(Int, DeviceTreeError?)])
  func depthIsLimited(depth: Int, expected: DeviceTreeError?) {
    let error = errorOfStructure {
      $0.begin("")
      for _ in 0..<depth { $0.begin("n") }
      for _ in 0..<depth { $0.end() }
      $0.end()
      $0.word(9)
    }

    #expect(error == expected)
  }

  @Test(arguments: [5, 0x7fff_ffff, UInt32.max, UInt32.max - 3])
  func propertyPastTheEndIsRefused(length: UInt32) {
    let error = errorOfStructure {
      $0.begin("")
      $0.word(3)
      $0.word(length)
      $0.word(0)
      $0.word(0)
      $0.strings = [0]
    }

    #expect(error == .badToken)
  }

  @Test(arguments: [2, 3, 1000, UInt32.max])
  func propertyNameOutsideItsBlockIsRefused(name: UInt32) {
    let error = errorOfStructure {
      $0.begin("")
      $0.word(3)
      $0.word(0)
      $0.word(name)
      $0.end()
      $0.word(9)
      // The name at 2 has no end; there is nothing from 3 on.
      $0.strings = [0, 0, 65]
    }

    #expect(error == .badName)
  }

  @Test func nodeNameWithoutEndIsRefused() {
    #expect(
      errorOfStructure {
        $0.word(1)
        $0.structure += [65, 65, 65, 65]
      } == .badName)
  }

  // MARK: Random damage

  /// Whatever the bytes, reading ends with an answer; `FirmwareMemory` traps outside them.
  @Test func damagedTreesAreReadWithoutHarm() {
    let seed = UInt64.random(in: .min ... .max)
    print("damagedTreesAreReadWithoutHarm: seed \(seed)")
    var random = SeededGenerator(seed: seed)
    let sound = BoardTree().build().bytes()
    var accepted = 0

    for _ in 0..<5_000 {
      var bytes = sound
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(
          in: .min ... .max, using: &random)
      }
      guard let tree = try? DeviceTreeTests.parse(bytes) else { continue }
      accepted += 1
      readEverything(in: tree)
    }

    // Damage in values and names leaves a structure that is sound.
    #expect(accepted > 0)
    #expect(accepted < 5_000)
  }

  private func readEverything(in tree: DeviceTreeTests.Tree) {
    var node: DeviceTreeNode? = tree.root
    while let current = node {
      _ = tree.registers(of: current)
      _ = tree.interrupt(of: current)
      _ = tree.isEnabled(current)
      _ = tree.property("stdout-path", of: current).flatMap { tree.node(namedBy: $0) }
      _ = tree.property("compatible", of: current).map { tree.lists("ns16550a", in: $0) }
      _ = tree.number("timebase-frequency", of: current)
      node = tree.node(after: current)
    }
  }
}
