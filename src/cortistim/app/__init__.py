"""The live application: takes poses as they come; gives the field, to whoever looks at it.

Reading order: `slot` holds the newest of anything, `scene` what does not change during a
session, `guidance` what tells a person how to move, `engine` turns the newest pose into the
newest field, `sources` bring poses, `session` writes down what happened, `guard` decides who
may speak, `server` speaks. Nothing here commands a stimulator or a robot.
"""
