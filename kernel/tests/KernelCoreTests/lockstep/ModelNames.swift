import KernelModel

/// The model's types that have namesakes in the kernel.
typealias ModelObject = KernelModel.ObjectID
typealias ModelCapability = KernelModel.Capability
typealias ModelThread = KernelModel.Thread
typealias ModelProcess = KernelModel.Process
typealias ModelMapping = KernelModel.Mapping
typealias ModelFault = KernelModel.Fault
typealias ModelEndpoint = KernelModel.Endpoint
typealias ModelNotification = KernelModel.Notification
typealias ModelMemory = KernelModel.Memory
typealias ModelBudget = KernelModel.Budget
