import Libmnos
import TestHarness

/// Facts about memory objects, mappings and grants.
@main
struct MemoryTests: Program {
  static func run(_ start: inout StartContext) -> UInt64 {
    runTests("memory", &start) { (suite) in
      checkMappings(&suite)
      checkMappingRights(&suite)
      checkCeilings(&suite)
      checkShapes(&suite)
      checkGrants(&suite)
    }
  }
}

/// Rights of pages.
var readWrite: Rights { Rights.read.union(.write) }
var readExecute: Rights { Rights.read.union(.execute) }
