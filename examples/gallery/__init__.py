"""Eight GANs as people have them, each handed to the front door of tf_collab.

python -m examples.gallery --gan=hinge --seed=0 --out=lines.jsonl
"""
