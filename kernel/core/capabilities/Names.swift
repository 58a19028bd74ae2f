import KernelHAL
import MnosABI

/// Which capabilities name an object: what keeps it alive.
///
/// Two counts are kept beside the list, because what they decide is not whether an object has
/// names but what kind: an endpoint that nobody can receive from is deserted, and a stopped
/// process that only its own table names is out of reach. Counting them anew would be linear in
/// the names.
///
/// Reply rights are left out: a caller lives whether or not somebody can answer it, and it
/// knows the one slot that can hold the right.
extension ObjectStore where P: ~Copyable {
  /// Notes that a slot names its object. O(1).
  ///
  /// - Precondition: The slot's type, object, rights and owner are set.
  func addName(_ slot: SlotID) {
    let object = self[slot].object
    guard !object.isNone, self[slot].type != .reply else { return }
    self[object].names.append(slot, in: self)
    switch self[slot].type {
    case .endpoint where self[slot].rights.includes(.read):
      self[cast(object, to: Endpoint.self)].readerCount += 1
    case .process:
      let process = cast(object, to: Process.self)
      if self[slot].owner != process { self[process].foreignNameCount += 1 }
    default: break
    }
  }

  /// Notes that a slot names its object no more; what that ends is left to the reaper. O(1).
  ///
  /// - Precondition: The slot still has the rights that it was added or reduced with: the counts
  ///   go by them.
  func removeName(_ slot: SlotID) {
    let object = self[slot].object
    guard !object.isNone, self[slot].type != .reply else { return }
    self[object].names.remove(slot, in: self)
    if self[object].names.isEmpty { doom(object) }
    switch self[slot].type {
    case .endpoint where self[slot].rights.includes(.read):
      removeReader(of: cast(object, to: Endpoint.self))
    case .process:
      let process = cast(object, to: Process.self)
      if self[slot].owner != process { self[process].foreignNameCount -= 1 }
      // A stopped process that only names itself is out of everybody's reach.
      if self[process].state == .stopped, self[process].foreignNameCount == 0 { doom(object) }
    default: break
    }
  }

  /// With the last reader the endpoint is deserted: the reaper wakes whoever waits to send.
  private func removeReader(of endpoint: EndpointID) {
    self[endpoint].readerCount -= 1
    if self[endpoint].readerCount == 0 { doom(endpoint.header) }
  }

  /// Takes rights from a capability in place.
  ///
  /// The count of readers follows. It may fall to 0 within a transfer: the endpoint is looked at
  /// by the reaper after it.
  ///
  /// - Precondition: It has no descendants that keep more.
  func reduceRights(of slot: SlotID, to mask: Rights) {
    let rights = self[slot].rights
    self[slot].rightsBits = rights.intersection(mask).slotBits
    guard self[slot].type == .endpoint, rights.includes(.read), !mask.includes(.read) else {
      return
    }
    removeReader(of: cast(self[slot].object, to: Endpoint.self))
  }
}
