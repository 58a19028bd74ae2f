/// Stops on a broken invariant of the kernel itself; never reachable by what users do.
///
/// - Parameter reason: Which invariant; shown in the debugger and by the panic report.
@inline(never)
public func kernelBug(_ reason: StaticString) -> Never {
  fatalError()
}
