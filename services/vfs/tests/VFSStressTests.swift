import Libmnos
import LibmnosHost
import Testing

@testable import VFSService

@Suite struct VFSStressTests {
  /// 8 clients take turns at random; the contents that each left must be there, and in the
  /// end nothing is.
  @Test func `VFS_022 eightClientsOnDeepTrees`() throws {
    let seed = UInt64.random(in: 1...UInt64.max)
    print("seed \(seed)")
    var random = RandomState(seed: seed)
    let files = try TestFiles(pageCapacity: 64)
    var clients = try (0..<8).map { try Worker(TestClient(files), number: $0) }

    for _ in 0..<4_000 {
      let index = Int(random.next() % 8)
      try clients[index].step(random.next())
    }
    for index in clients.indices { try clients[index].finish() }

    #expect(try clients[0].client.list("/tmp").isEmpty, "seed \(seed)")
    try clients[0].client.save(
      "/tmp/all", [UInt8](repeating: 1, count: 64 * MemoryFileSystem.pageByteCount))
  }

  @Test(arguments: [0, 4096, 1 << 20, 6 << 20, 12 << 20, 32 << 20, .max] as [UInt64])
  func fullTemporaryFilesLeaveTheServiceHalfItsMemory(memory: UInt64) {
    let room = TemporaryRoom(memory: memory)

    let used = room.pageCapacity * 4096 + room.nodeCapacity * TemporaryRoom.nodeByteCount
    #expect(UInt64(used) <= memory / 2)
    #expect(memory < 24 << 20 || room.pageCapacity == 2065 && room.nodeCapacity == 4096)
  }
}

/// Goes down into directories of its own, leaves files, reads them back, and climbs out.
private struct Worker {
  let client: TestClient
  private var path: String
  private var contents: [(path: String, bytes: [UInt8])] = []
  private var depth = 0
  private let home: String

  init(_ client: TestClient, number: Int) throws {
    self.client = client
    home = "/tmp/worker\(number)"
    path = home
    try client.makeDirectory(path)
  }

  mutating func step(_ random: UInt64) throws {
    switch random % 5 {
    case 0 where depth < 12:
      path += "/d"
      depth += 1
      try client.makeDirectory(path)
    case 1 where contents.count < 6:
      let bytes = (0..<Int(random >> 8 % 3_000)).map { _ in UInt8(truncatingIfNeeded: random >> 3) }
      contents.append(("\(path)/f\(contents.count)", bytes))
      try client.save(contents[contents.count - 1].path, bytes)
    case 2:
      if let (path, bytes) = contents.last { #expect(try client.load(path) == bytes) }
    case 3:
      if let (path, bytes) = contents.popLast() {
        #expect(try client.load(path) == bytes)
        try client.remove(path)
      }
    default:
      guard depth > 0, !contents.contains(where: { $0.path.hasPrefix(path + "/") }) else { return }
      try client.remove(path)
      path.removeLast(2)
      depth -= 1
    }
  }

  mutating func finish() throws {
    while let (path, bytes) = contents.popLast() {
      #expect(try client.load(path) == bytes)
      try client.remove(path)
    }
    while path != home {
      try client.remove(path)
      path.removeLast(2)
    }
    try client.remove(home)
  }
}
