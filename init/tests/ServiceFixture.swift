import Libmnos

@testable import InitService

/// A service with nothing special about it.
func entry(
  _ name: StaticString, serves: [StaticString] = [], needs: [StaticString] = [],
  grants: [Grant] = [.directory], priority: UInt8 = 100, memoryLimit: UInt64 = 1 << 20,
  share: CPUShare = .percent(10), keepsQueue: Bool = false
) -> ServiceEntry {
  ServiceEntry(
    name: ShortName(name), path: "bin/program", serves: serves.map { Name($0) },
    needs: needs.map { Name($0) }, grants: grants, priority: priority, memoryLimit: memoryLimit,
    objectLimit: 100, share: share, restart: .always, keepsQueue: keepsQueue)
}
