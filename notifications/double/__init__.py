"""A stand-in for the texting and voice provider, for the demo and the tests.

It listens on this machine only, answers the provider's REST interface closely enough for the real client
library, signs its webhooks the way the provider does, and keeps a ledger of everything it accepted. People
play the patient, the caregiver and the doctors on its page of simulated phones.

It is built from the standard library alone and shares no code with the service: what both got wrong in the
same way would otherwise pass every test. README.md beside this file lists its control interface.
"""
