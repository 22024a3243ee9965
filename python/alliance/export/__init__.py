"""Recipes for models that belong to other libraries: the data in the shape they want, and a script that was tested.

>>> import alliance as al
>>> import polars as pl
>>> forms = pl.DataFrame({"case": ["a", "a", "b", "b"], "visit": [1, 2, 1, 2], "alliance": [4.0, 4.5, 5.0, 5.5]})
>>> recipe = al.export.growth(forms, client="case", session="visit", score="alliance")
>>> recipe
<Recipe growth (R): 4 rows, 2 clients>
>>> recipe.data["client"].to_list()
[1, 1, 2, 2]
"""

from alliance.export.cox import cox
from alliance.export.cross_lagged import cross_lagged
from alliance.export.growth import growth
from alliance.export.imputation import imputation
from alliance.export.mediation import mediation
from alliance.export.recipe import Recipe
from alliance.export.two_level_omega import two_level_omega

__all__ = ["Recipe", "cox", "cross_lagged", "growth", "imputation", "mediation", "two_level_omega"]
