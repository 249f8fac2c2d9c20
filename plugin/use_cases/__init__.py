"""Every act and every question of the product, once: permission, audit, announcement and guards live here; doors parse, call and render.

One subject a module, plain functions: the connector, who asks (`plugin.access.authorization.actor.Actor`), then typed arguments; they return frozen
read models. `plugin.use_cases.permission` says what each asks for.
"""
