"""The sections of a stack's configuration, `tocsin:<section>` in stacks/Pulumi.<stack>.yaml; one module each."""
