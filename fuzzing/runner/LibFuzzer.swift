#if MNOS_LIBFUZZER
  import Foundation
  import FuzzHarness

  // (F) The two functions that libFuzzer calls, and the two of its own that are called here.
  //
  // Source: LLVM documentation, "libFuzzer: a library for coverage-guided fuzz testing";
  // compiler-rt/lib/fuzzer/FuzzerInterface.h.

  @_silgen_name("LLVMFuzzerRunDriver")
  private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
  ) -> CInt

  @_silgen_name("LLVMFuzzerMutate")
  private func mutate(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ most: Int) -> Int

  /// The target of this process, set once before libFuzzer runs.
  nonisolated(unsafe) private var chosen: FuzzTarget?

  enum LibFuzzer {
    static let isLinked = true

    /// Runs until its options say that it is enough.
    static func run(_ target: FuzzTarget, _ options: [String]) -> Int32 {
      // SAFETY: no other thread runs yet.
      unsafe chosen = target
      var arguments: [UnsafeMutablePointer<CChar>?] = unsafe (["mnos-fuzz"] + options).map {
        unsafe strdup($0)
      }
      unsafe arguments.append(nil)
      var count = CInt(options.count + 1)
      return unsafe arguments.withUnsafeMutableBufferPointer { list in
        guard var first = unsafe list.baseAddress else { return 1 }
        // SAFETY: the list and its texts live as long as the process.
        return unsafe runDriver(&count, &first, { unsafe test($0, $1) })
      }
    }
  }

  @c(LLVMFuzzerTestOneInput)
  public func test(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    // SAFETY: libFuzzer passes so many bytes, for the time of the call.
    let input = unsafe Array(UnsafeBufferPointer(start: bytes, count: count))
    guard let target = unsafe chosen else { return 0 }
    do throws(BrokenPromise) {
      // Every sixteenth twice: what comes out must depend on the bytes alone.
      _ = try target.outcome(of: input, isRepeated: count % 16 == 0)
      return 0
    } catch {
      fatalError("broken promise: \(error.text)")
    }
  }

  @c(LLVMFuzzerCustomMutator)
  public func mutateInput(
    _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ most: Int, _ seed: UInt32
  ) -> Int {
    guard let target = unsafe chosen, seed % 2 == 0 else {
      return unsafe mutate(bytes, count, most)
    }
    // SAFETY: `count` bytes are there, and room for `most`.
    let input = unsafe Array(UnsafeBufferPointer(start: bytes, count: count))
    var mutator = FuzzMutator(seed: UInt64(seed), pool: [input])
    let result = mutator.mutated(input, for: target, limit: most)
    for index in result.indices { unsafe bytes[index] = result[index] }
    return result.count
  }
#else
  import FuzzHarness

  enum LibFuzzer {
    static let isLinked = false
    static func run(_ target: FuzzTarget, _ options: [String]) -> Int32 { 1 }
  }
#endif
