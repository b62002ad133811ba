"""A Slack workspace on loopback: Web API, Socket Mode, interactions, and the persons in it.

Tests steer it by `rigs.slack_rig.SlackRig`; the bot under test connects as to the real service.
Real are shapes, errors, limits of text and blocks, tickets, envelopes, acknowledgements, triggers
and response URLs. Modelled, because Slack does not publish it: the redelivery of Socket Mode (that
of HTTP, 0/60/300 s), the way envelopes are spread over sockets (round robin), bursts and buckets of
the tiers, the words of block errors, and when an app hears of its own stream (once it is stopped).
Not there: files' bytes, Enterprise Grid, user tokens, OAuth, workflows, unfurling.
"""
