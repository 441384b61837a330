// The structure of wardle.example.com, in the form of generated/: the group of the sample API server, which only that program serves.
export const wardleStructure = `wardle.v1alpha1.Flunder apiVersion:s kind:s metadata:@meta.v1.ObjectMeta spec:@FlunderSpec status:@FlunderStatus
wardle.v1alpha1.FlunderList apiVersion:s items!:[@Flunder kind:s metadata:@meta.v1.ListMeta
wardle.v1alpha1.FlunderSpec reference:s referenceType:s
wardle.v1alpha1.FlunderStatus
wardle.v1alpha1.Fischer apiVersion:s disallowedFlunders:[s kind:s metadata:@meta.v1.ObjectMeta
wardle.v1alpha1.FischerList apiVersion:s items!:[@Fischer kind:s metadata:@meta.v1.ListMeta
wardle.v1beta1.Flunder apiVersion:s kind:s metadata:@meta.v1.ObjectMeta spec:@FlunderSpec status:@FlunderStatus
wardle.v1beta1.FlunderList apiVersion:s items!:[@Flunder kind:s metadata:@meta.v1.ListMeta
wardle.v1beta1.FlunderSpec fischerReference:s flunderReference:s referenceType:s
wardle.v1beta1.FlunderStatus`;
