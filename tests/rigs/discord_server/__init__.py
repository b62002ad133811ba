"""A Discord on loopback, REST and Gateway, for tests and measurements with the real discord.py.

    with DiscordRig() as rig:                       # tests/rigs/discord_rig.py
        discord.http.Route.BASE = rig.url
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(rig.gateway)
        rig.mention("general", "tanaka", "日当はいくらですか")

One small company's servers, the bot in them, and people who write, press and read. Real are the
order and the shape of what goes over the wire, the rules for messages and components, permissions,
intents, rate limits, the lives of sessions and interactions, who is pinged and who sees what. Not
there: voice, files beyond their names, user-installed apps, polls, stickers, moderation.

The folder is not called `discord`: with `tests/rigs` on the path it would hide the library.
"""
